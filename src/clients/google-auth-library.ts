import { ThermoclineError } from '../errors.ts'

export interface GoogleAuthPackage {
  readonly GoogleAuth: new (options: {
    readonly scopes: readonly string[]
  }) => {
    getAccessToken(): Promise<string | null | undefined>
  }
}

/** So that types don't need the package, which comes with all of Google's. */
const NAME: string = 'google-auth-library'

/**
 * A function that gives tokens of the environment's default credentials, renewed before they expire. The library is loaded
 * with the first one.
 */
export function googleAccessToken(
  scope: string,
  load: () => Promise<GoogleAuthPackage> = importGoogleAuth,
): () => Promise<string> {
  let auth: Promise<InstanceType<GoogleAuthPackage['GoogleAuth']>> | undefined
  return async () => {
    auth ??= loadGoogleAuth(load).then(({ GoogleAuth }) => new GoogleAuth({ scopes: [scope] }))
    const token = await (await auth).getAccessToken()
    if (token) return token
    throw new ThermoclineError('STORE_REFUSED', 'Cannot get an access token: the credentials found give none')
  }
}

/** @throws ThermoclineError `PEER_MISSING` */
async function loadGoogleAuth(load: () => Promise<GoogleAuthPackage>): Promise<GoogleAuthPackage> {
  try {
    return await load()
  } catch (cause) {
    throw new ThermoclineError(
      'PEER_MISSING',
      `Cannot get an access token: package ${NAME} is not installed: run "npm install ${NAME}", or give option accessToken`,
      { cause, details: { package: NAME } },
    )
  }
}

async function importGoogleAuth(): Promise<GoogleAuthPackage> {
  return (await import(NAME)) as GoogleAuthPackage
}
