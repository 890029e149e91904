/**
 * What to tell a user whose Node can't run the package; undefined where it can. It says the same as `engines` in
 * package.json: ^22.19 || >=24.6.
 */
export function unsuitedNode(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const suits = major === 22 ? minor >= 19 : major > 24 || (major === 24 && minor >= 6)
  return suits ? undefined : `thermocline needs Node 22 from 22.19 on, or 24.6 and newer; this is Node ${version}`
}
