// Every npm script begins here: dependencies, the pinned Node, the build and, with --services, what the tests start.
// Runs on any Node since 20, changes only what is missing or out of date, and says nothing when there is nothing to do.
// npm puts node_modules/.bin first in PATH, but a shell remembers where it found `node` before the first setup: so the
// scripts of package.json go on with `env node`, which looks again and finds the pinned one.
import { setUpBuild } from './setup/build.mjs'
import { setUpDependencies } from './setup/dependencies.mjs'
import { exitUnless } from './setup/report.mjs'
import { setUpServices } from './setup/services.mjs'

exitUnless(await setUpDependencies())
if (!process.argv.includes('--no-build')) exitUnless(await setUpBuild())
// A missing service stops nobody here: the tests that need it fail and say what is missing.
if (process.argv.includes('--services')) await setUpServices()
