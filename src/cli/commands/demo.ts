import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type Command, type CommandIo, parseCommandArgs, UsageError } from '../command.ts'
import { callerFolder } from '../demo/caller-folder.ts'
import type { Conversation } from '../demo/conversation.ts'
import { readConversationFile } from '../demo/conversation-file.ts'
import { type DemoPlace, filePlace } from '../demo/durable/demo-place.ts'
import { findFirestore } from '../demo/durable/firestore-emulator.ts'
import { firestorePlace } from '../demo/durable/firestore-place.ts'
import { findRedis } from '../demo/hot/redis-server.ts'
import { runRedisDemo } from '../demo/hot/run-redis-demo.ts'
import { runDemo } from '../demo/run-demo.ts'
import { sailingSchool } from '../demo/sailing-school.ts'
import { oneOf } from '../flags.ts'

const HELP = `thermocline demo: a conversation goes through hot, warm and cold, and comes back

usage: thermocline demo [--hot redis] [--durable firestore] [FILE]

Plays a conversation into a SQLite file in a temporary folder, which it deletes
in the end, and lets weeks pass. It compares whatever it reads with what was put
in, and ends with code 1 if anything differs.

  --durable firestore
               in a Firestore emulator in place of the file. Starts one of its
               own, which needs Java and the emulator of the Google Cloud CLI,
               unless FIRESTORE_EMULATOR_HOST names one; there it uses a project
               of its own, and empties it. It never goes to the cloud.

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

const FLAGS = { hot: { type: 'string' }, durable: { type: 'string' } } as const

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
  const durable = values.durable === undefined ? undefined : oneOf('--durable', values.durable, ['firestore'])
  const [file] = positionals
  const conversation =
    file === undefined ? sailingSchool() : await readConversationFile(resolve(callerFolder(io.env, io.cwd), file))

  const folder = mkdtempSync(join(tmpdir(), 'thermocline-demo-'))
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  const onSignal = (): never => process.exit(130)
  process.once('exit', remove)
  for (const signal of SIGNALS) process.once(signal, onSignal)
  try {
    await withPlace(durable, folder, io, (place) =>
      hot === undefined ? runDemo(conversation, place, io.out) : withRedisDemo(conversation, place, folder, io),
    )
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal)
    process.off('exit', remove)
    remove()
  }
}

async function withPlace(
  durable: 'firestore' | undefined,
  folder: string,
  { env }: CommandIo,
  use: (place: DemoPlace) => Promise<void>,
): Promise<void> {
  if (durable === undefined) return use(filePlace(join(folder, 'demo.db')))
  const firestore = await findFirestore(env, folder)
  // Where Google's library looks for an emulator; without the second it looks for a metadata server first, for a second.
  Object.assign(process.env, { FIRESTORE_EMULATOR_HOST: firestore.address, METADATA_SERVER_DETECTION: 'none' })
  try {
    await use(firestorePlace(firestore))
  } finally {
    await firestore.end()
  }
}

async function withRedisDemo(
  conversation: Conversation,
  place: DemoPlace,
  folder: string,
  { env, out }: CommandIo,
): Promise<void> {
  const redis = await findRedis(env, folder)
  try {
    await runRedisDemo(conversation, redis, place, folder, env, out)
  } finally {
    await redis.process?.kill()
  }
}
