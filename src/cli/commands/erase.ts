import { isThermoclineError, ThermoclineError, type TieredStorageManager } from '../../index.ts'
import { type Command, type CommandIo, NotFoundError, parseCommandArgs, UsageError } from '../command.ts'
import { ownerOf, readSettings, type Settings } from '../config.ts'
import { confirm } from '../confirm.ts'
import { receiptLines } from '../erase-receipt.ts'
import { MEMORY_FLAGS, MEMORY_HELP, OWNER_FLAGS } from '../flags.ts'
import { toJson } from '../json-output.ts'
import { withMemoryToChange } from '../open-memory.ts'
import { oneLine } from '../text-layout.ts'

const HELP = `thermocline erase: erase a user, a session or an item, for good

usage: thermocline erase --user USER [--session SESSION]
       thermocline erase --item ID
       thermocline erase --receipt RECEIPT

  --user USER      all that is stored of this user, in every session; prints a
                   receipt. Settings name no user here: it takes the flag
  --session SESSION  only this session of the user
  --item ID        only this item
  --receipt RECEIPT  shows how far an erase has come, and erases nothing
  --tenant TENANT  of which customer, where there are several
  --yes            does not ask. Needed where nobody sits at a terminal

Erasing a user takes two passes. After the first, nothing of it is read any
more. The second, for writes that were under way, is made about 20 minutes
later by a sweep: of any program that has the memory open, or "sweep".

Ends with code 3 where there is no such session, item or receipt.

${MEMORY_HELP}`

const FLAGS = {
  ...MEMORY_FLAGS,
  ...OWNER_FLAGS,
  session: { type: 'string' },
  item: { type: 'string' },
  receipt: { type: 'string' },
  yes: { type: 'boolean' },
} as const

interface Given {
  readonly user?: string | undefined
  readonly session?: string | undefined
  readonly item?: string | undefined
  readonly receipt?: string | undefined
}

/** What is to be erased, and how. */
interface Erase {
  /** For the question: what is lost. */
  readonly what: string
  /** What to type to have it done. */
  readonly word: string
  /** What there is to say then. @throws NotFoundError */
  run(memory: TieredStorageManager): Promise<{ readonly json: unknown; readonly lines: readonly string[] }>
}

export const eraseCommand: Command = {
  name: 'erase',
  summary: 'erase a user, a session or an item',
  help: HELP,
  run,
}

async function run(args: readonly string[], io: CommandIo): Promise<void> {
  const { values } = parseCommandArgs({ args: [...args], options: FLAGS })
  const settings = readSettings(values, io)
  const erase = eraseOf(values, settings)
  if (erase.word !== '' && !values.yes) await confirm(`This erases ${erase.what}, for good.`, erase.word, io)
  const { json, lines } = await withMemoryToChange(settings, 'existing', io.err, (memory) => erase.run(memory))
  if (values.json) io.out.line(toJson(json))
  else for (const line of lines) io.out.line(line)
}

function eraseOf({ user, session, item, receipt }: Given, settings: Settings): Erase {
  if ([user, item, receipt].filter((value) => value !== undefined).length !== 1)
    throw new UsageError('expected one of --user, --item and --receipt')
  if (session !== undefined && user === undefined) throw new UsageError('expected --user USER beside --session')
  if (receipt !== undefined) return showReceipt(receipt)
  if (item !== undefined) return eraseItem(item)
  const owner = ownerOf(settings)
  return session === undefined ? eraseUser(owner) : eraseSession({ ...owner, sessionId: session })
}

function showReceipt(id: string): Erase {
  return {
    what: '',
    word: '',
    async run(memory) {
      const receipt = await memory.getEraseReceipt(id)
      if (receipt === undefined) throw new NotFoundError(`there is no receipt ${id}`)
      return { json: receipt, lines: receiptLines(receipt) }
    },
  }
}

function eraseItem(id: string): Erase {
  return {
    what: `item ${id}`,
    word: 'yes',
    async run(memory) {
      if (!(await memory.deleteMemoryItem(id))) throw new NotFoundError(`there is no item ${id}`)
      return { json: { erased: { id } }, lines: [`erased item ${oneLine(id)}`] }
    },
  }
}

function eraseSession(address: {
  readonly tenantId: string
  readonly userId: string
  readonly sessionId: string
}): Erase {
  const what = `session "${address.sessionId}" of user "${address.userId}"`
  return {
    what,
    word: address.userId,
    async run(memory) {
      if (!(await memory.deleteSession(address))) throw new NotFoundError(`there is no ${what}`)
      return { json: { erased: address }, lines: [`erased ${oneLine(what)}`] }
    },
  }
}

function eraseUser(owner: { readonly tenantId: string; readonly userId: string }): Erase {
  return {
    what: `all that is stored of user "${owner.userId}" of tenant "${owner.tenantId}"`,
    word: owner.userId,
    async run(memory) {
      const receipt = await memory.eraseUser(owner).catch(tellReceipt)
      return { json: receipt, lines: receiptLines(receipt) }
    },
  }
}

/** Where the first pass could not be finished, its receipt is what leads to it again. */
function tellReceipt(error: unknown): never {
  if (!isThermoclineError(error, 'ERASE_UNFINISHED')) throw error
  const { code, message, details } = error
  throw new ThermoclineError(code, `${message} (receipt ${details.receiptId})`, { cause: error, details })
}
