import { spawn } from 'node:child_process'
import { ROOT } from './root.mjs'

/**
 * Runs a command in the repository and keeps what it writes for later. Never rejects: a command that can't be started,
 * or takes too long, has a code other than 0 and says so in its output.
 */
export function run(command, args, { env = process.env, timeoutMs = 600_000 } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const add = (bytes) => {
      output += bytes
    }
    child.stdout.setEncoding('utf8').on('data', add)
    child.stderr.setEncoding('utf8').on('data', add)
    const timer = setTimeout(() => {
      add(`\n${command} was stopped after ${timeoutMs / 1000} s\n`)
      child.kill('SIGKILL')
    }, timeoutMs)
    child.once('error', (error) => {
      clearTimeout(timer)
      resolve({ code: 127, output: `${output}${error.message}\n` })
    })
    child.once('close', (code) => {
      clearTimeout(timer)
      resolve({ code: code ?? 1, output })
    })
  })
}
