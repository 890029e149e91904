import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FirestoreEmulator } from '../../emulators/firestore-emulator.ts'
import { freePort } from '../../emulators/free-port.ts'
import { firestoreSmoke, LARGE_STEPS, TRIP, type TripStep } from '../../scripts/smoke/firestore.ts'
import type { Step } from '../../scripts/smoke/service.ts'
import { ROOT } from '../package/repository.ts'
import { startFirestoreForTests } from '../support/firestore.ts'

let emulator: FirestoreEmulator

beforeAll(async () => {
  emulator = await startFirestoreForTests()
})

afterAll(() => emulator?.stop())

function smoke(env: NodeJS.ProcessEnv, ...args: readonly string[]): SpawnSyncReturns<string> {
  const { NO_COLOR, FORCE_COLOR, ...others } = process.env
  return spawnSync(process.execPath, [`${ROOT}scripts/smoke/main.ts`, ...args], {
    ...{ encoding: 'utf8', env: { ...others, ...env } },
  })
}

/** Collections of a project that have documents, or something below them. */
async function collectionsOf(projectId: string): Promise<unknown> {
  const url = `http://${emulator.host}:${emulator.port}/v1/projects/${projectId}/databases/(default)/documents:listCollectionIds`
  const response = await fetch(url, { method: 'POST', body: '{}', headers: { Authorization: 'Bearer owner' } })
  return ((await response.json()) as { collectionIds?: readonly string[] }).collectionIds ?? []
}

describe('npm run smoke:gcp', () => {
  it('makes the round trip, says what it cost, and leaves nothing', async () => {
    const { stdout, stderr, status } = smoke(emulator.env, '--project', 'demo-smoke', '--large')
    expect([stderr, status]).toEqual(['', 0])
    expect(stdout).toContain('on the emulator at')
    for (const { name } of [...TRIP, ...LARGE_STEPS]) expect(stdout).toContain(`  ${name} `)
    // What docs/firestore.md says of adding and of loading; the rest depends on how things meet.
    expect(stdout).toMatch(/add an item +\d+ +0 +1 +2$/m)
    expect(stdout).toMatch(/add two more, one by one +\d+ +0 +2 +0$/m)
    expect(stdout).toMatch(/load them +\d+ +1 +0 +0$/m)
    expect(stdout).toMatch(/add 40 more at once +\d+ +0 +1 +0$/m)
    expect(stdout).toMatch(/load the record and a page +\d+ +2 +0 +0$/m)
    expect(stdout).toMatch(/Firestore works, and nothing is left in it\.\n$/)
    expect(await collectionsOf('demo-smoke')).toEqual([])
  })

  it('cleans up after a step that fails, and says which', async () => {
    const wrong: TripStep = {
      name: 'count to three',
      needs: 'numbers',
      run: () => Promise.reject(new Error('two')),
    }
    const steps: Step[] = []
    const tell = (step: Step) => void steps.push(step)
    const running = firestoreSmoke([TRIP[0]!, wrong, TRIP[1]!]).run(
      { projectId: 'demo-smoke-wrong' },
      tell,
      new AbortController().signal,
    )
    await expect(running).rejects.toThrow('step 2 of 3, "count to three", which needs numbers: two')
    expect(steps.map(({ name }) => name)).toEqual([TRIP[0]!.name, 'clean up'])
    expect(steps.at(-1)?.operations.deletes).toBeGreaterThan(0)
    expect(await collectionsOf('demo-smoke-wrong')).toEqual([])
  })

  it('ends with 1 and a hint where nobody answers', async () => {
    const gone = { ...emulator.env, FIRESTORE_EMULATOR_HOST: `127.0.0.1:${await freePort()}` }
    const { stderr, status } = smoke(gone, '--project', 'demo-smoke')
    expect([stderr, status]).toEqual([expect.stringContaining('thermocline doctor --project demo-smoke'), 1])
  })

  it('takes a project, and nothing that it does not know', () => {
    expect(smoke({})).toMatchObject({ status: 2, stderr: expect.stringContaining('expected --project') })
    expect(smoke({}, '--projekt', 'p')).toMatchObject({ status: 2, stderr: expect.stringContaining('usage: ') })
  })
})
