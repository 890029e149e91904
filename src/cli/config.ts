import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { ContextPruner, type ContextPrunerOptions } from '../context/index.ts'
import {
  isThermoclineError,
  type JsonValue,
  TIER_DEFAULTS,
  TieredStorageManager,
  type TieredStorageManagerOptions,
} from '../index.ts'
import { type CommandIo, SettingsError, UsageError } from './command.ts'
import { checkFirestoreSetting, hasFirestore, withFirestoreParts } from './firestore-settings.ts'
import { isJsonObject } from './json-object.ts'
import { nearestWord } from './nearest-word.ts'
import { checkRedisSetting, hideSecrets, REDIS_SECRETS, withSecrets } from './redis-secrets.ts'

/** Where the value of a setting was found. */
export type SettingSource =
  | { readonly kind: 'flag' | 'variable'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'default' }

export interface Setting {
  readonly name: string
  /** Undefined where nobody gave one and there is no default. */
  readonly value: JsonValue | undefined
  readonly source: SettingSource
}

/** What a command works with, and where each part of it comes from. */
export interface Settings {
  /** The config file that was read, if there is one. */
  readonly configFile: string | undefined
  /** Absolute; undefined where a Firestore is named in place of a file. */
  readonly path: string | undefined
  readonly tenantId: string
  readonly userId: string | undefined
  /** For the manager: what differs from its defaults. */
  readonly options: TieredStorageManagerOptions
  /** All of them, for the doctor. */
  readonly list: readonly Setting[]
}

/** Values of the flags that are settings. */
export interface SettingFlags {
  readonly config?: string | undefined
  readonly path?: string | undefined
  readonly tenant?: string | undefined
  readonly user?: string | undefined
  readonly project?: string | undefined
  readonly database?: string | undefined
  readonly 'collection-prefix'?: string | undefined
  readonly 'redis-host'?: string | undefined
  readonly 'redis-port'?: string | undefined
}

/** A setting, and where it may be given beside the config file. */
interface SettingRule {
  readonly name: string
  readonly flag?: Exclude<keyof SettingFlags, 'config'>
  readonly variable?: string
  readonly fallback?: JsonValue
  /** Of the command line alone: no option of the manager. */
  readonly isOurs?: true
  /** For values that the manager does not check. */
  readonly isText?: true
  /** Flags and variables are text; what is no number is left to the manager to refuse. */
  readonly isNumber?: true
  /** Never in a file, and never shown. */
  readonly isSecret?: true
  /** The setting of which it is a part in the config file. */
  readonly within?: string
}

const RULES: readonly SettingRule[] = [
  { name: 'path', flag: 'path', variable: 'THERMOCLINE_PATH', fallback: 'thermocline.db', isText: true },
  { name: 'synchronous', variable: 'THERMOCLINE_SYNCHRONOUS', fallback: 'full' },
  {
    name: 'tenantId',
    flag: 'tenant',
    variable: 'THERMOCLINE_TENANT_ID',
    fallback: 'default',
    isOurs: true,
    isText: true,
  },
  { name: 'userId', flag: 'user', variable: 'THERMOCLINE_USER_ID', isOurs: true, isText: true },
  ...Object.entries(TIER_DEFAULTS).map(([name, fallback]): SettingRule => ({ name, fallback })),
  { name: 'inProcess' },
  { name: 'projectId', flag: 'project', variable: 'THERMOCLINE_PROJECT_ID' },
  { name: 'firestore' },
  {
    name: 'firestore.databaseId',
    flag: 'database',
    variable: 'THERMOCLINE_DATABASE_ID',
    within: 'firestore',
    isOurs: true,
  },
  {
    name: 'firestore.collectionPrefix',
    flag: 'collection-prefix',
    variable: 'THERMOCLINE_COLLECTION_PREFIX',
    within: 'firestore',
    isOurs: true,
  },
  { name: 'durableCalls' },
  { name: 'redisHost', flag: 'redis-host', variable: 'THERMOCLINE_REDIS_HOST' },
  { name: 'redisPort', flag: 'redis-port', variable: 'THERMOCLINE_REDIS_PORT', isNumber: true },
  { name: 'redis' },
  ...REDIS_SECRETS.map(
    ({ name, variable }): SettingRule => ({ name, variable, isOurs: true, isText: true, isSecret: true }),
  ),
  { name: 'hotCalls' },
  { name: 'context', isOurs: true },
]

const CONFIG_VARIABLE = 'THERMOCLINE_CONFIG'
const DEFAULT_CONFIG_FILE = 'thermocline.json'

/** All variables of the environment that are settings. */
export const SETTING_VARIABLES: readonly string[] = [
  CONFIG_VARIABLE,
  ...RULES.flatMap(({ variable }) => (variable === undefined ? [] : [variable])),
]

/**
 * Flags before the environment before the config file before the defaults.
 * @throws SettingsError
 */
export function readSettings(flags: SettingFlags, { env, cwd }: Pick<CommandIo, 'env' | 'cwd'>): Settings {
  const file = readConfigFile(flags.config ?? (env[CONFIG_VARIABLE] || undefined), cwd)
  const resolved = RULES.map((rule) => inFolder(resolveRule(rule, flags, env, file), cwd))
  const list = hasFirestore(managerOptions(resolved)) ? resolved.map(withoutDefaultPath) : resolved
  const given = Object.fromEntries(list.map((setting) => [setting.name, setting]))
  checkByTheirOwners(list)
  return Object.freeze({
    configFile: file?.path,
    path: given.path!.value as string | undefined,
    tenantId: String(given.tenantId!.value),
    userId: given.userId!.value as string | undefined,
    options: managerOptions(list),
    list: Object.freeze(list.map(hideSecrets)),
  })
}

/** @throws UsageError where nobody says which user is meant */
export function ownerOf({ tenantId, userId }: Settings): { readonly tenantId: string; readonly userId: string } {
  if (userId !== undefined) return { tenantId, userId }
  throw new UsageError('expected --user USER, or THERMOCLINE_USER_ID, or userId in the config file')
}

/** `flag --path`, `THERMOCLINE_PATH`, the path of a file, or `default`. */
export function nameSource(source: SettingSource): string {
  if (source.kind === 'flag') return `flag --${source.name}`
  if (source.kind === 'variable') return source.name
  return source.kind === 'file' ? source.path : 'default'
}

interface ConfigFile {
  readonly path: string
  readonly values: Readonly<Record<string, JsonValue>>
}

function readConfigFile(named: string | undefined, cwd: string): ConfigFile | undefined {
  const path = resolve(cwd, named ?? DEFAULT_CONFIG_FILE)
  const values = parse(path, named === undefined)
  if (values === undefined) return undefined
  if (typeof values !== 'object' || values === null || Array.isArray(values))
    throw new SettingsError(`Cannot use ${path}: expected a JSON object`)
  const names = RULES.filter(({ isSecret, within }) => !isSecret && within === undefined).map(({ name }) => name)
  for (const name of Object.keys(values)) {
    if (names.includes(name)) continue
    const meant = nearestWord(name, names)
    const advice = meant === undefined ? `expected one of ${names.join(', ')}` : `did you mean ${meant}?`
    throw new SettingsError(`Cannot use ${path}: there is no setting "${name}": ${advice}`)
  }
  checkRedisSetting(path, values as Record<string, JsonValue>)
  checkFirestoreSetting(path, values as Record<string, JsonValue>)
  return { path, values: values as Record<string, JsonValue> }
}

function parse(path: string, mayBeMissing: boolean): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8').replace(/^\ufeff/, ''))
  } catch (error) {
    if (mayBeMissing && (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new SettingsError(`Cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function resolveRule(
  { name, flag, variable, fallback, isText, isNumber, within }: SettingRule,
  flags: SettingFlags,
  env: NodeJS.ProcessEnv,
  file: ConfigFile | undefined,
): Setting {
  const read = (text: string): JsonValue => (isNumber && /^\d+$/.test(text) ? Number(text) : text)
  const byFlag = flag && flags[flag]
  if (flag && byFlag !== undefined) return { name, value: read(byFlag), source: { kind: 'flag', name: flag } }
  // A variable is unset by emptying it too.
  const byVariable = variable && env[variable]
  if (variable && byVariable) return { name, value: read(byVariable), source: { kind: 'variable', name: variable } }
  const byFile = file && valueInFile(file, within === undefined ? [name] : name.split('.'))
  if (!file || byFile === undefined) return { name, value: fallback, source: { kind: 'default' } }
  if (isText && typeof byFile !== 'string') throw new SettingsError(`Cannot use ${file.path}: ${name}: expected text`)
  return { name, value: byFile, source: { kind: 'file', path: file.path } }
}

function valueInFile({ values }: ConfigFile, path: readonly string[]): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>(
    (value, key) => (isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined),
    values,
  )
}

/** A path in a config file is relative to that file, so that it means the same wherever a command is typed. */
function inFolder(setting: Setting, cwd: string): Setting {
  const { name, value, source } = setting
  if (name === 'firestore') return { ...setting, value: withKeyFile(value, source) }
  if (name !== 'path' || typeof value !== 'string' || value === '') return setting
  if (value === ':memory:') {
    const what = '":memory:" keeps nothing from one command to the next: expected the path of a file'
    throw new SettingsError(`Cannot use path: ${what} (${nameSource(source)})`)
  }
  return { ...setting, value: resolve(source.kind === 'file' ? dirname(source.path) : cwd, value) }
}

function withKeyFile(firestore: JsonValue | undefined, source: SettingSource): JsonValue | undefined {
  if (source.kind !== 'file' || !isJsonObject(firestore) || typeof firestore.keyFilename !== 'string') return firestore
  return { ...firestore, keyFilename: resolve(dirname(source.path), firestore.keyFilename) }
}

/** A file that nobody asked for is not used beside a Firestore. */
function withoutDefaultPath(setting: Setting): Setting {
  const isUnused = setting.source.kind === 'default' && ['path', 'synchronous'].includes(setting.name)
  return isUnused ? { ...setting, value: undefined } : setting
}

function managerOptions(list: readonly Setting[]): TieredStorageManagerOptions {
  const ours = RULES.filter(({ isOurs }) => isOurs).map(({ name }) => name)
  const given = list.filter(({ name, source }) => source.kind !== 'default' && !ours.includes(name))
  const options = withFirestoreParts(Object.fromEntries(given.map(({ name, value }) => [name, value])), list)
  const path = list.find(({ name }) => name === 'path')?.value
  const isFile = typeof path === 'string' && !hasFirestore(options)
  return withSecrets(isFile ? { ...options, path } : options, list)
}

/** Lets the manager and the pruner check their options: both open nothing until they are used. */
function checkByTheirOwners(list: readonly Setting[]): void {
  const context = list.find(({ name }) => name === 'context')
  try {
    new TieredStorageManager(managerOptions(list))
    new ContextPruner((context?.value ?? {}) as ContextPrunerOptions)
  } catch (error) {
    if (!isThermoclineError(error)) throw error
    // What is wrong may be a name within a setting, or the relation of one to the default of another.
    const given = list.filter(({ source }) => source.kind !== 'default')
    const named = given.find(({ name }) => new RegExp(`\\b${name}\\b`).test(error.message))
    const { source } = named ?? given.find(({ source: { kind } }) => kind === 'file') ?? list[0]!
    throw new SettingsError(`${error.message} (${nameSource(source)})`)
  }
}
