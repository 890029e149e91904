import { describe, expect, it } from 'vitest'
import { type GoogleAuthPackage, googleAccessToken } from '../../src/clients/google-auth-library.ts'

function fakePackage(scopes: string[], tokens: (string | null)[]): GoogleAuthPackage {
  return {
    GoogleAuth: class {
      constructor(options: { readonly scopes: readonly string[] }) {
        scopes.push(...options.scopes)
      }
      async getAccessToken() {
        return tokens.shift()
      }
    },
  }
}

describe('googleAccessToken()', () => {
  it('asks one client for each token, for the scope given', async () => {
    const scopes: string[] = []
    const token = googleAccessToken('a-scope', async () => fakePackage(scopes, ['one', 'two', null]))
    expect([await token(), await token(), await token()]).toEqual(['one', 'two', ''])
    expect(scopes).toEqual(['a-scope'])
  })

  it('says what is missing, and tries again', async () => {
    let isInstalled = false
    const token = googleAccessToken('a-scope', async () => {
      if (!isInstalled) throw new Error('ERR_MODULE_NOT_FOUND')
      return fakePackage([], ['one'])
    })
    await expect(token()).rejects.toMatchObject({ code: 'PEER_MISSING', details: { package: 'google-auth-library' } })
    isInstalled = true
    expect(await token()).toBe('one')
  })

  it('has a client in the library as it is', async () => {
    const { GoogleAuth } = await import('google-auth-library' as string)
    expect(GoogleAuth.prototype.getAccessToken).toBeTypeOf('function')
  })
})
