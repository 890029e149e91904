import { copyFileSync, existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { canary } from './canary.ts'
import type { Evidence } from './checker.ts'
import type { JournalLine } from './journal.ts'

/** What an erase with a bug in it would have left, and what the checker must say of it. */
export interface Corruption {
  readonly name: string
  readonly complaint: RegExp
  /** Gives what is to be put in the place of the evidence, if anything. */
  readonly apply: (spoilt: Spoilt) => unknown
}

/** A copy of a file in which everything was erased as it should be, and one from before that. */
export class Spoilt implements Disposable {
  readonly evidence: Evidence
  readonly database: DatabaseSync

  constructor(evidence: Evidence, before: string) {
    this.evidence = evidence
    this.database = new DatabaseSync(evidence.file)
    this.database.prepare('ATTACH ? AS before').run(before)
    this.database.exec('PRAGMA secure_delete = OFF')
  }

  /** Rows of a table of a victim's sessions, as they were before the erase. */
  bringBack(table: string, where = 'true'): void {
    const { changes } = this.database
      .prepare(
        `INSERT OR REPLACE INTO main.${table} SELECT * FROM before.${table} WHERE ${where} AND key IN (${VICTIMS_KEYS})`,
      )
      .run()
    if (changes === 0) throw new Error(`Cannot bring back ${table}: there is nothing`)
  }

  /** A text of a victim that was acknowledged. */
  text(): string {
    return canary(this.line().user, this.line().op)
  }

  line(): Extract<JournalLine, { readonly kind: 'wrote' }> {
    const { journal, victims } = this.evidence
    return journal.find(
      (line): line is Extract<JournalLine, { kind: 'wrote' }> => line.kind === 'wrote' && victims.includes(line.user),
    )!
  }

  [Symbol.dispose](): void {
    this.database.close()
  }
}

const VICTIMS_KEYS = 'SELECT key FROM main.buried'

/** Copies a file with its log. */
export function copyDatabase(from: string, to: string): void {
  for (const side of ['', '-wal']) if (existsSync(from + side)) copyFileSync(from + side, to + side)
}

export const CORRUPTIONS: readonly Corruption[] = [
  {
    name: 'archives were left',
    complaint: /stored: CANARY\d+x\d+Y should be gone/,
    apply(spoilt) {
      spoilt.bringBack('session')
      spoilt.bringBack('structure')
      spoilt.bringBack('segment')
    },
  },
  {
    name: 'the tail was left',
    complaint: /export: CANARY\d+x\d+Y should be gone/,
    apply(spoilt) {
      spoilt.bringBack('session')
      spoilt.bringBack('tail')
    },
  },
  {
    name: 'the overlay was left',
    complaint: /file: CANARY\d+x\d+Y should be gone/,
    apply: (spoilt) => spoilt.bringBack('structure', "overlay LIKE '%CANARY%'"),
  },
  {
    name: 'what was said of a session was left',
    complaint: /file: CANARY\d+x\d+Y should be gone/,
    apply: (spoilt) => spoilt.bringBack('structure', "about LIKE '%CANARY%'"),
  },
  {
    name: 'the ids of a session were left',
    complaint: /file: the ids of user \d+ should be gone/,
    apply: (spoilt) => spoilt.bringBack('session'),
  },
  {
    name: 'removed rows were not written over',
    complaint: /file: CANARY\d+x\d+Y should be gone/,
    apply(spoilt) {
      spoilt.bringBack('tail')
      spoilt.database.exec('DELETE FROM main.tail WHERE key NOT IN (SELECT key FROM main.session)')
    },
  },
  {
    name: 'the text lies in the file in UTF-16',
    complaint: /file: CANARY\d+x\d+Y should be gone/,
    apply(spoilt) {
      spoilt.database.exec('CREATE TABLE wide (bytes BLOB)')
      spoilt.database.prepare('INSERT INTO wide VALUES (?)').run(Buffer.from(spoilt.text(), 'utf16le'))
    },
  },
  {
    name: 'there was no second pass',
    complaint: /the receipt of user \d+ is not final[\s\S]*names the user/,
    apply: ({ database }) =>
      void database.exec(`
        UPDATE main.structure SET about = json_set(json_remove(about, '$.finalAt'), '$.userId', 'somebody')
        WHERE about LIKE '%"kind":"erase"%'`),
  },
  {
    name: 'a hot copy was not forgotten',
    complaint: /CANARY\d+x\d+Y was read after the erase/,
    apply(spoilt) {
      const { user, op } = spoilt.line()
      const { journal } = spoilt.evidence
      const erasedAt = journal.findLast((line) => line.kind === 'erased' && line.user === user)!.at
      return { journal: [...journal, { kind: 'read', at: erasedAt + 1, user, ops: [op], strong: true }] }
    },
  },
  {
    name: 'an error showed the text',
    complaint: /output: CANARY\d+x\d+Y was printed/,
    apply: (spoilt) => ({ output: `Cannot add item: received ${spoilt.text()}` }),
  },
  {
    name: 'a user was not erased at all',
    complaint: /user \d+ was never erased/,
    apply: ({ evidence }) => ({ journal: evidence.journal.filter(({ kind }) => kind !== 'erased') }),
  },
  {
    name: 'somebody else lost an item',
    complaint: /CANARY\d+x\d+Y was acknowledged and is lost/,
    apply: ({ evidence: { journal } }) => ({
      journal: [...journal, { kind: 'wrote', at: 1, user: 1, op: 99_999, id: 'one of another user' }],
    }),
  },
  {
    name: 'everybody was erased',
    complaint: /nothing of those who were not erased was found/,
    apply: ({ database }) =>
      void database.exec(`
        PRAGMA secure_delete = ON; DELETE FROM main.tail; DELETE FROM main.segment; DELETE FROM main.structure;
        DELETE FROM main.session; DETACH before; VACUUM; PRAGMA wal_checkpoint(TRUNCATE)`),
  },
]
