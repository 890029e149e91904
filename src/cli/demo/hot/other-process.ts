import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { TieredStorageManagerOptions } from '../../../index.ts'
import { toJson } from '../../json-output.ts'

const execute = promisify(execFile)

/** Runs commands of this command line as processes of their own, on the same file and the same Redis. */
export class OtherProcess {
  readonly #config: string
  readonly #env: NodeJS.ProcessEnv

  constructor(options: TieredStorageManagerOptions, folder: string, env: NodeJS.ProcessEnv) {
    const { redis: { password, ...redis } = {}, ...rest } = options
    this.#config = join(folder, 'thermocline.json')
    writeFileSync(this.#config, toJson({ ...rest, redis }))
    // What is set up on this machine is for other memories.
    const others = Object.entries(env).filter(([name]) => !name.startsWith('THERMOCLINE_'))
    this.#env = { ...Object.fromEntries(others), THERMOCLINE_REDIS_PASSWORD: String(password ?? '') }
  }

  /** Adds an item, and resolves when the process has ended. */
  async add(session: SessionName, content: string): Promise<void> {
    await this.#run('add', session, ['--', content])
  }

  /** Content of the newest item of a session. */
  async newest(session: SessionName): Promise<string> {
    const line = await this.#run('history', session, ['--limit', '1', '--json'])
    return (JSON.parse(line) as { readonly content: string }).content
  }

  async #run(command: string, { userId, sessionId }: SessionName, more: readonly string[]): Promise<string> {
    const flags = ['--config', this.#config, `--user=${userId}`, `--session=${sessionId}`]
    const args = [process.argv[1]!, command, ...flags, ...more]
    const { stdout } = await execute(process.execPath, args, { env: this.#env })
    return stdout
  }
}

export interface SessionName {
  readonly userId: string
  readonly sessionId: string
}
