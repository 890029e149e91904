import { parseArgs } from 'node:util'

/** One figure, and what it should be. */
export interface Result {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** Undefined where there is nothing to reach. */
  readonly aim?: number
  /** Whether more or less is better. @default "more" */
  readonly better?: 'more' | 'less'
}

export interface BenchOptions {
  readonly data: string | undefined
  readonly json: boolean
}

export function benchOptions(): BenchOptions {
  const { values } = parseArgs({ options: { data: { type: 'string' }, json: { type: 'boolean', default: false } } })
  return { data: values.data, json: values.json }
}

/** Prints figures as a table and, if asked for, as one line of JSON at the end. */
export function report(bench: string, results: readonly Result[], options: BenchOptions): void {
  for (const { name, value, unit, aim, better } of results) {
    const goal =
      aim === undefined
        ? ''
        : `aim ${better === 'less' ? '<=' : '>='} ${aim}${meets(value, aim, better) ? '' : '  falls short'}`
    console.log(`${name.padEnd(44)} ${value.toFixed(2).padStart(10)} ${unit.padEnd(8)} ${goal}`)
  }
  if (!options.json) return
  const rows = results.map(({ name, value, unit, aim, better }) => ({
    name,
    value: Number(value.toFixed(4)),
    unit,
    aim: aim ?? null,
    meets: aim === undefined ? null : meets(value, aim, better),
  }))
  console.log(JSON.stringify({ bench, results: rows }))
}

function meets(value: number, aim: number, better: Result['better'] = 'more'): boolean {
  return better === 'more' ? value >= aim : value <= aim
}
