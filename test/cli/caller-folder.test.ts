import { expect, it } from 'vitest'
import { callerFolder } from '../../src/cli/demo/caller-folder.ts'

const npmRunDemo = { npm_lifecycle_event: 'demo', npm_package_name: 'thermocline', INIT_CWD: '/home/ada' }

it.each([
  ['npm run demo', npmRunDemo, '/home/ada'],
  ['a shell', {}, '/package'],
  ['a test that npm runs', { ...npmRunDemo, npm_lifecycle_event: 'test' }, '/package'],
  ["another package's script", { ...npmRunDemo, npm_package_name: 'bakery' }, '/package'],
])('from %s paths are relative to where it was typed', (_, env, folder) => {
  expect(callerFolder(env, '/package')).toBe(folder)
})
