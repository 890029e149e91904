import { type Command, CommandError, type CommandIo, parseCommandArgs, SettingsError } from '../command.ts'
import { nameSource, readSettings, SETTING_VARIABLES, type SettingFlags, type Settings } from '../config.ts'
import { type Check, problem } from '../doctor/check.ts'
import { fileChecks } from '../doctor/file-checks.ts'
import { firestoreChecks } from '../doctor/firestore-checks.ts'
import { checkVariables, machineChecks } from '../doctor/machine-checks.ts'
import { redisChecks } from '../doctor/redis-checks.ts'
import { MEMORY_FLAGS, MEMORY_HELP, OWNER_FLAGS, OWNER_HELP } from '../flags.ts'
import { toJson } from '../json-output.ts'
import type { Style, Terminal } from '../terminal.ts'
import { oneLine, padEnd, plural } from '../text-layout.ts'

const HELP = `thermocline doctor: what is configured, and what is wrong

usage: thermocline doctor

Shows each setting with where it comes from, and looks at Node, SQLite, the
file and the disk, or Firestore in their place, and Redis, where one is set up.
Takes the flags of the other commands, to show what they do. Changes nothing.
Ends with code 1 where it found a problem.

${OWNER_HELP}
${MEMORY_HELP}`

const COLOURS: { readonly [status in Check['status']]: Style } = { ok: 'green', warning: 'yellow', problem: 'red' }
const VARIABLES_OF_DEMO = ['THERMOCLINE_REDIS_SERVER', 'THERMOCLINE_FIRESTORE_JAR']
const STATUS_COLUMNS = 9
const NAME_COLUMNS = 24

export const doctorCommand: Command = {
  name: 'doctor',
  summary: 'what is configured, and what is wrong',
  help: HELP,
  run,
}

async function run(args: readonly string[], io: CommandIo): Promise<void> {
  const { values } = parseCommandArgs({ args: [...args], options: { ...MEMORY_FLAGS, ...OWNER_FLAGS } })
  const settings = tryReadSettings(values, io)
  const isReadable = !('status' in settings)
  const checks = [
    ...machineChecks(),
    ...checkVariables(io.env, [...SETTING_VARIABLES, ...VARIABLES_OF_DEMO]),
    ...(isReadable ? [...(await storeChecks(settings, io)), ...(await redisChecks(settings))] : [settings]),
  ]
  const problems = checks.filter(({ status }) => status === 'problem').length
  if (values.json) io.out.line(toJson({ ok: problems === 0, ...(isReadable && settingsOf(settings)), checks }))
  else {
    if (isReadable) printSettings(settings, io.out)
    for (const check of checks) printCheck(check, io.out)
  }
  if (problems > 0) throw new CommandError(`found ${plural(problems, 'problem')}`)
}

function storeChecks(settings: Settings, { env }: CommandIo): Promise<Check[]> {
  const { path } = settings
  return path === undefined ? firestoreChecks(settings, env) : fileChecks(settings, path)
}

/** What is wrong with the settings is what one asks a doctor about. */
function tryReadSettings(flags: SettingFlags, io: CommandIo): Settings | Check {
  try {
    return readSettings(flags, io)
  } catch (error) {
    if (error instanceof SettingsError) return problem('settings', error.message, 'docs/options.md has all settings')
    throw error
  }
}

function settingsOf({ configFile, list }: Settings): object {
  const settings = list.map(({ name, value = null, source }) => ({ name, value, source: nameSource(source) }))
  return { configFile: configFile ?? null, settings }
}

function printSettings({ configFile, list }: Settings, out: Terminal): void {
  out.line(`config file: ${configFile ?? 'none'}`)
  for (const { name, value, source } of list) {
    const text = typeof value === 'string' ? value : value === undefined ? '-' : JSON.stringify(value)
    const from = source.kind === 'default' ? '' : `  (${nameSource(source)})`
    out.line(`  ${padEnd(name, NAME_COLUMNS)}${oneLine(text)}${out.paint('dim', from)}`)
  }
  out.line()
}

function printCheck({ name, status, message, advice }: Check, out: Terminal): void {
  const head = `${out.paint(COLOURS[status], padEnd(status, STATUS_COLUMNS))}${padEnd(name, NAME_COLUMNS - STATUS_COLUMNS)}`
  out.line(`  ${head}  ${oneLine(message)}`)
  if (advice !== undefined) out.line(`  ${padEnd('', NAME_COLUMNS)}  → ${oneLine(advice)}`)
}
