import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type Command, type CommandIo, parseCommandArgs, UsageError } from '../command.ts'
import { callerFolder } from '../demo/caller-folder.ts'
import type { Conversation } from '../demo/conversation.ts'
import { readConversationFile } from '../demo/conversation-file.ts'
import { findRedis } from '../demo/hot/redis-server.ts'
import { runRedisDemo } from '../demo/hot/run-redis-demo.ts'
import { runDemo } from '../demo/run-demo.ts'
import { sailingSchool } from '../demo/sailing-school.ts'
import { oneOf } from '../flags.ts'

const HELP = `thermocline demo: a conversation goes through hot, warm and cold, and comes back

usage: thermocline demo [--hot redis] [FILE]

Plays a conversation into a SQLite file in a temporary folder, which it deletes
in the end, and lets weeks pass. It compares whatever it reads with what was put
in, and ends with code 1 if anything differs.

  --hot redis  shows something else instead: the same conversation shared by
               processes through Redis, which is killed on the way. Starts a
               redis-server of its own, unless REDIS_HOST or REDIS_PORT name one
               (its password is in THERMOCLINE_REDIS_PASSWORD); that one is left
               alive, and as it was.

  FILE  JSON lines, one object a line, each of them one item:
          userId, sessionId, content   text
          createdAt                    ISO 8601 text, or milliseconds since 1970
          contentType or role          user_message, ... or user, assistant, ...
          callId (or toolCallId)       where there is one: ties calls to results
          metadata                     an object, where there is one
        Other fields are kept as metadata, but for id, updatedAt and what begins
        with _, which are left out.
        Without FILE, a conversation of our own: that of a sailing school.

Colours stay away where NO_COLOR is set or the output is no terminal.`

const FLAGS = { hot: { type: 'string' } } as const

/** The conditions under which a process ends without its `finally` blocks. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export const demoCommand: Command = {
  name: 'demo',
  summary: 'play a conversation through the tiers, and prune it to a budget',
  help: HELP,
  run,
}

async function run(args: readonly string[], io: CommandIo): Promise<void> {
  const { values, positionals } = parseCommandArgs({ args: [...args], allowPositionals: true, options: FLAGS })
  const hot = values.hot === undefined ? undefined : oneOf('--hot', values.hot, ['redis'])
  if (positionals.length > 1) throw new UsageError(`expected at most one file: received ${positionals.length}`)
  const [file] = positionals
  const conversation =
    file === undefined ? sailingSchool() : await readConversationFile(resolve(callerFolder(io.env, io.cwd), file))

  const folder = mkdtempSync(join(tmpdir(), 'thermocline-demo-'))
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  const onSignal = (): never => process.exit(130)
  process.once('exit', remove)
  for (const signal of SIGNALS) process.once(signal, onSignal)
  try {
    if (hot === undefined) await runDemo(conversation, join(folder, 'demo.db'), io.out)
    else await withRedisDemo(conversation, folder, io)
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal)
    process.off('exit', remove)
    remove()
  }
}

async function withRedisDemo(conversation: Conversation, folder: string, { env, out }: CommandIo): Promise<void> {
  const redis = await findRedis(env, folder)
  try {
    await runRedisDemo(conversation, redis, folder, env, out)
  } finally {
    await redis.process?.kill()
  }
}
