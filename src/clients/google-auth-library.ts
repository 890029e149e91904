import { loadPeer } from './load-peer.ts'

/** What is used of google-auth-library. */
export interface GoogleAuthPackage {
  readonly GoogleAuth: new (options: { readonly scopes: readonly string[] }) => GoogleAuth
}

interface GoogleAuth {
  getAccessToken(): Promise<string | null | undefined>
}

/** So that types don't need the package, which comes with all of Google's. */
const NAME: string = 'google-auth-library'

/**
 * A function that gives tokens of the environment's default credentials, renewed before they expire; an empty text where
 * they give none. The library is loaded with the first one.
 *
 * @param load where it comes from. @default the copy that this package resolves
 */
export function googleAccessToken(
  scope: string,
  load: () => Promise<GoogleAuthPackage> = importGoogleAuth,
): () => Promise<string> {
  let auth: Promise<GoogleAuth> | undefined
  const make = async (): Promise<GoogleAuth> => {
    const peer = { doing: 'get an access token', name: NAME, instead: 'give option accessToken' }
    return new (await loadPeer(load, peer)).GoogleAuth({ scopes: [scope] })
  }
  return async () => {
    auth ??= make().catch((error: unknown) => {
      // To be tried again: the package may be there by then.
      auth = undefined
      throw error
    })
    return (await (await auth).getAccessToken()) ?? ''
  }
}

async function importGoogleAuth(): Promise<GoogleAuthPackage> {
  return (await import(NAME)) as GoogleAuthPackage
}
