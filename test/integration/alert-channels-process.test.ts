import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { until } from '../../emulators/until.ts'
import { MemoryProfiler } from '../../src/telemetry/index.ts'
import { ManualClock } from '../../src/testing/manual-clock.ts'
import { type HangingPlaces, hangingChannels } from '../telemetry/channels/hanging-channels.ts'
import { PASSWORD, startMailReceiver, USER } from '../telemetry/channels/mail-receiver.ts'
import { startSilentServer } from '../telemetry/channels/silent-server.ts'
import { CERTIFICATE, startReceiver } from '../telemetry/channels/web-receiver.ts'

const inRoot = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))
const MAIL = { from: 'memory@example.com', to: 'on-call@example.com' }
const LOGIN = `${encodeURIComponent(USER)}:${encodeURIComponent(PASSWORD)}@`

/** nodemailer gives up by itself after 10 s. */
const BEFORE_OWN_LIMITS_MS = 5_000
/** With any process, one alert: more is held than this. */
const PROFILED = { enableLeakDetection: false, env: {}, alertThresholds: { processMemoryMb: 1 } } as const

/** Servers that take what they are sent, or less, and never answer. */
async function startHangingServers() {
  const web = await startReceiver(() => undefined)
  const raw = await startSilentServer()
  const greeting = await startMailReceiver({ isSilent: true })
  const mail = await startMailReceiver({ hangsAfterData: true })
  onTestFinished(async () => {
    for (const server of [web, raw, greeting, mail]) await server[Symbol.asyncDispose]()
  })
  return {
    places: { web: web.url, raw: raw.port, greeting: greeting.port, mail: mail.port },
    areReached: () =>
      until('all hang', async () => {
        const reached = [web.received.length, raw.openConnections(), greeting.openConnections(), mail.received.length]
        return reached.every((count) => count === 1)
      }),
    areLeft: () =>
      until(
        'all connections are closed',
        async () => {
          const mails = greeting.openConnections() + mail.openConnections()
          return (await web.openConnections()) + raw.openConnections() + mails === 0
        },
        BEFORE_OWN_LIMITS_MS,
      ),
  }
}

/** Runs a program in a process of its own; `ended` has all that it wrote. */
function run(program: string, env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { env: { ...process.env, ...env } })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
  }
  onTestFinished(() => {
    child.kill()
  })
  return {
    goOn: () => child.stdin.end('go on'),
    ended: once(child, 'close').then(([code]) => `${output}exit ${code}`),
  }
}

const urlOf = (path: string): string => pathToFileURL(inRoot(path)).href
const TELEMETRY = urlOf('src/telemetry/index.ts')

const hangingProgram = (places: HangingPlaces, then: string): string => `
  import { MemoryProfiler } from '${TELEMETRY}'
  import { hangingChannels } from '${urlOf('test/telemetry/channels/hanging-channels.ts')}'
  const channels = hangingChannels(${JSON.stringify(places)}, ${JSON.stringify(CERTIFICATE)})
  const profiler = new MemoryProfiler({ ...${JSON.stringify(PROFILED)}, channels })
  profiler.startProfiling()
  await profiler.collectMetrics()
  await new Promise((resolve) => process.stdin.once('data', resolve))
  process.stdin.destroy()
  ${then}
  console.log('done')
`

describe('a process all of whose channels hang', () => {
  it('ends by itself when its work is done', async () => {
    const servers = await startHangingServers()
    const { goOn, ended } = run(hangingProgram(servers.places, ''))
    await servers.areReached()
    goOn()
    expect(await ended).toBe('done\nexit 0')
  })

  it('ends by itself after it has stopped profiling', async () => {
    const servers = await startHangingServers()
    const { goOn, ended } = run(hangingProgram(servers.places, 'await profiler.stopProfiling()'))
    await servers.areReached()
    goOn()
    expect(await ended).toBe('done\nexit 0')
  })
})

describe('stopProfiling()', () => {
  it('waits 3 s for channels that hang, and closes their connections', async () => {
    const servers = await startHangingServers()
    const clock = new ManualClock()
    const channels = hangingChannels(servers.places, CERTIFICATE)
    const profiler = new MemoryProfiler({ ...PROFILED, clock, channels })
    profiler.startProfiling()
    await profiler.collectMetrics()
    await servers.areReached()
    let isStopped = false
    const stopping = profiler.stopProfiling().then(() => {
      isStopped = true
    })
    clock.advance(2_999)
    for (let turn = 0; turn < 100; turn++) await setImmediate()
    expect(isStopped).toBe(false)
    clock.advance(1)
    await stopping
    await servers.areLeft()
    expect(clock.pending).toBe(0)
  })
})

describe('the environment of a process', () => {
  const program = `
    import { environmentChannels, logChannel, MemoryProfiler } from '${TELEMETRY}'
    import { inspect } from 'node:util'
    const channels = [...environmentChannels(process.env, ${JSON.stringify(MAIL)}), logChannel()]
    const profiler = new MemoryProfiler({ ...${JSON.stringify(PROFILED)}, channels })
    const told = []
    profiler.on('memoryAlert', (...all) => told.push(all))
    profiler.startProfiling()
    await profiler.collectMetrics()
    await profiler.stopProfiling()
    console.log(inspect([profiler, told, channels, profiler.getAlerts()], { depth: 9, showHidden: true }))
  `

  it('names a mail server, and the authority to trust', async () => {
    await using server = await startMailReceiver()
    const EMAIL_SERVICE_API = `smtp://${LOGIN}localhost:${server.port}`
    const NODE_EXTRA_CA_CERTS = inRoot('emulators/tls/cert.pem')
    const output = await run(program, { EMAIL_SERVICE_API, NODE_EXTRA_CA_CERTS }).ended
    expect(server.received).toMatchObject([{ from: MAIL.from, to: [MAIL.to], isEncrypted: true, user: USER }])
    expect(output).toMatch(/WARN - Process memory: .*exit 0$/s)
    expect(output).not.toMatch(/hidden|w%23rd/)
  })

  it('holds secrets that no output shows when channels fail', async () => {
    await using server = await startMailReceiver()
    await using web = await startReceiver()
    const output = await run(program, {
      EMAIL_SERVICE_API: `smtp://${encodeURIComponent(USER)}:hidden@localhost:${server.port}`,
      NODE_EXTRA_CA_CERTS: inRoot('emulators/tls/cert.pem'),
      SLACK_WEBHOOK_URL: `https://localhost:${web.port}/services/T0/hidden`,
      NODE_OPTIONS: '--trace-warnings',
    }).ended
    expect(server.logins).toEqual([USER])
    expect(web.received).toEqual([])
    expect(output).toMatch(/exit 0$/)
    expect(output).not.toContain('hidden')
  })
})

describe('without nodemailer', () => {
  it('the mail channel says what to install, and the process goes on', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'thermocline-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    // Where no package is found.
    cpSync(inRoot('src'), join(folder, 'src'), { recursive: true })
    cpSync(inRoot('package.json'), join(folder, 'package.json'))
    const source = (path: string): string => pathToFileURL(join(folder, 'src/telemetry', path)).href
    const { ended } = run(`
      import { Alerts } from '${source('alerts/alerts.ts')}'
      import { emailChannel } from '${source('channels/email-channel.ts')}'
      const channel = emailChannel({ ...${JSON.stringify(MAIL)}, url: 'smtps://${LOGIN}localhost' })
      const alerts = new Alerts({ source: { serviceName: 'a', instance: 'b' }, channels: [channel] })
      alerts.raise({ kind: 'cpu', subject: '', severity: 'warning', message: 'm', facts: { value: 90, threshold: 80 } })
      await alerts.close()
      console.log(alerts.getStats().channels[0].lastError)
      const notice = { event: 'raised', alert: alerts.getAlerts()[0], source: {}, at: 0, heldBack: 0 }
      await channel.send({ ...notice, source: { serviceName: 'a', instance: 'b' } }).catch(({ code }) => console.log(code))
    `)
    expect(await ended).toBe(
      'Cannot send mail: package nodemailer is not installed: run "npm install nodemailer", or give a transport\n' +
        'PEER_MISSING\nexit 0',
    )
  })
})
