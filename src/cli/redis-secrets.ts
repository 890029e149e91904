import type { JsonValue, TieredStorageManagerOptions } from '../index.ts'
import { SettingsError } from './command.ts'
import { isJsonObject } from './json-object.ts'

/** A setting by name, wherever its value comes from. */
interface Named {
  readonly name: string
  readonly value: JsonValue | undefined
}

/**
 * Passwords, by the path of their option. The environment alone gives them: a flag can be read by everybody on the
 * machine, and a config file ends up in a repository.
 */
export const REDIS_SECRETS = [
  { name: 'redis.password', variable: 'THERMOCLINE_REDIS_PASSWORD' },
  { name: 'redis.sentinel.password', variable: 'THERMOCLINE_REDIS_SENTINEL_PASSWORD' },
] as const

const HIDDEN = '(hidden)'

/** @throws SettingsError where a config file has a password, or no object in place of `redis` */
export function checkRedisSetting(file: string, { redis }: Readonly<Record<string, JsonValue>>): void {
  if (redis !== undefined && !isJsonObject(redis)) {
    throw new SettingsError(`Cannot use ${file}: redis: expected an object: received ${JSON.stringify(redis)}`)
  }
  for (const { name, variable } of REDIS_SECRETS) {
    const path = name.split('.').slice(1)
    const found = path.reduce<JsonValue | undefined>(
      (value, key) => (isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined),
      redis,
    )
    if (found === undefined) continue
    throw new SettingsError(`Cannot use ${file}: ${name}: expected in the environment, as ${variable}`)
  }
}

/** The options with the passwords in their places; without a Redis there is no place for any. */
export function withSecrets(
  options: TieredStorageManagerOptions,
  settings: readonly Named[],
): TieredStorageManagerOptions {
  if (!hasRedis(options)) return options
  const [password, sentinelPassword] = REDIS_SECRETS.map(
    ({ name }) => settings.find((setting) => setting.name === name)?.value as string | undefined,
  )
  const { redis = {} } = options
  const { sentinel } = redis
  const added = {
    ...(password !== undefined && { password }),
    ...(sentinelPassword !== undefined && sentinel && { sentinel: { ...sentinel, password: sentinelPassword } }),
  }
  return Object.keys(added).length === 0 ? options : { ...options, redis: { ...redis, ...added } }
}

/** Whether the options name a Redis. */
export function hasRedis({ redisHost, redisPort, redis }: TieredStorageManagerOptions): boolean {
  return redisHost !== undefined || redisPort !== undefined || redis !== undefined
}

/** The setting as it may be shown. */
export function hideSecrets<T extends Named>(setting: T): T {
  const { name, value } = setting
  if (value === undefined) return setting
  if (REDIS_SECRETS.some((secret) => secret.name === name)) return { ...setting, value: HIDDEN }
  // A private key may be among what Node's TLS takes.
  if (name === 'redis' && isJsonObject(value) && isJsonObject(value.tls)) {
    return { ...setting, value: { ...value, tls: HIDDEN } }
  }
  return setting
}
