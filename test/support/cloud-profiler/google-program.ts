// Google's agent by itself, with its own loop and its own requests. It ends when it is killed.
import { createRequire } from 'node:module'

interface Agent {
  baseApiUrl: string
  readonly parent: { baseUrl: string }
  start(): Promise<void>
}

const [url, folder] = process.argv.slice(2)
const require = createRequire(`${folder}/any.js`)
const { createProfiler } = require('@google-cloud/profiler') as { createProfiler(config: object): Promise<Agent> }
const { PassThroughClient } = require('google-auth-library') as { PassThroughClient: new () => object }
const agent = await createProfiler({
  ...{ projectId: 'demo-thermocline', zone: 'north-1', instance: 'pier-7', serviceContext: { service: 'boats' } },
  ...{ authClient: new PassThroughClient(), disableSourceMaps: true },
})
agent.baseApiUrl = `${url}/v2`
agent.parent.baseUrl = agent.baseApiUrl
await agent.start()
for (;;) {
  for (let i = 0; i < 20; i++) turnRound()
  await new Promise((resolve) => setImmediate(resolve))
}

/** Short: V8's profiler does not know code that was replaced while it ran, as that of long loops is. */
function turnRound(): number {
  let sum = 0
  for (let i = 0; i < 100_000; i++) sum += Math.sqrt(i)
  return sum
}
