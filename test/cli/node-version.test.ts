import { expect, it } from 'vitest'
import { unsuitedNode } from '../../src/cli/node-version.ts'
import { readPackageFile } from '../package/repository.ts'

it.each(['22.19.0', '22.99.1', '24.6.0', '24.21.0', '25.0.0', '26.1.0-nightly'])('Node %s will do', (version) => {
  expect(unsuitedNode(version)).toBeUndefined()
})

it.each(['18.20.0', '20.20.2', '22.18.9', '23.11.0', '24.5.9'])('Node %s is refused in one line', (version) => {
  expect(unsuitedNode(version)).toBe(
    `thermocline needs Node 22 from 22.19 on, or 24.6 and newer; this is Node ${version}`,
  )
})

it('says the same as package.json', () => {
  expect(readPackageFile()).toMatchObject({ engines: { node: '^22.19 || >=24.6' } })
})
