// Used by .ci/run: counts what vitest reported, and the demo as one more.
// node scripts/count-results.mjs REPORT.json DEMO_EXIT_CODE TEST_EXIT_CODE
import { readFileSync } from 'node:fs'

const [reportFile, demoCode, testCode] = process.argv.slice(2)
const { passed, failed, reasons } = count(readReport(reportFile), Number(demoCode), Number(testCode))
console.log(['', ...reasons, `${passed} passed, ${failed} failed`].join('\n'))
process.exitCode = failed === 0 ? 0 : 1

function count(files, demoCode, testCode) {
  const reasons = []
  const tests = files.flatMap((file) => file.assertionResults.map(({ status }) => status))
  const withStatus = (status) => tests.filter((other) => other === status).length
  // A file that can't be loaded, or whose hooks fail, fails without any test of it failing.
  const brokenFiles = files.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  )
  let passed = withStatus('passed')
  let failed = withStatus('failed') + brokenFiles.length
  reasons.push(...brokenFiles.map(({ name, message }) => `${name} failed as a whole: ${message}`))

  if (passed + failed === 0) {
    failed++
    reasons.push('no test was run')
  }
  if (testCode !== 0) {
    // Such as an unhandled rejection between tests, or the time limit.
    if (failed === 0) failed++
    reasons.push(`"npm test" ended with ${sayCode(testCode)}`)
  }
  if (demoCode === 0) passed++
  else {
    failed++
    reasons.push(`"npm run demo" ended with ${sayCode(demoCode)}`)
  }
  return { passed, failed, reasons }
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).testResults
  } catch {
    return []
  }
}

function sayCode(code) {
  const meaning = { 124: ': the time limit', 137: ': killed' }[code] ?? ''
  return `code ${code}${meaning}`
}
