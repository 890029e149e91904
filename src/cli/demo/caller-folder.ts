/**
 * The folder that whoever called us stood in, for paths that they typed. `npm run demo` runs in the folder of the
 * package, wherever it was typed; in all other cases the folder is the process's own.
 */
export function callerFolder(env: NodeJS.ProcessEnv, cwd: string): string {
  const isOurScript = env.npm_lifecycle_event === 'demo' && env.npm_package_name === 'thermocline'
  return isOurScript && env.INIT_CWD ? env.INIT_CWD : cwd
}
