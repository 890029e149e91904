import { ThermoclineError } from '../errors.ts'
import { kindOf } from '../lib/check-names.ts'

/** Figures of the caller's own, by name. */
export class Gauges {
  readonly #readers = new Map<string, () => number>()

  /**
   * Takes the place of another of that name.
   * @throws ThermoclineError `INVALID_ARGUMENT`
   */
  register(name: string, read: () => number): void {
    if (typeof name !== 'string' || name === '') throw invalid('a name', name)
    if (typeof read !== 'function') throw invalid(`a function that reads ${name}`, read)
    this.#readers.set(name, read)
  }

  /** One that fails, or gives no number, says nothing. */
  read(): Readonly<Record<string, number>> {
    // Names such as __proto__ are names like others.
    const values: Record<string, number> = Object.create(null)
    for (const [name, read] of this.#readers) {
      try {
        const value: unknown = read()
        // One that promises its value gives none, and is not to end the process.
        if (value instanceof Promise) value.catch(() => undefined)
        if (typeof value === 'number' && Number.isFinite(value)) values[name] = value
      } catch {
        // The caller's own trouble, which must not end what is watched.
      }
    }
    return Object.freeze(values)
  }
}

function invalid(expected: string, received: unknown): ThermoclineError {
  return new ThermoclineError(
    'INVALID_ARGUMENT',
    `Cannot register a gauge: expected ${expected}: received ${kindOf(received)}`,
  )
}
