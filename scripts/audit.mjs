// npm run audit:dependencies: fails if a dependency that users install has a known hole of high severity.
import { spawnSync } from 'node:child_process'

const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
const { stdout } = spawnSync(npm, ['audit', '--omit=dev', '--audit-level=high', '--json'], {
  encoding: 'utf8',
})
/** @type {{ metadata?: { vulnerabilities: Record<string, number> }, message?: string }} */
const report = JSON.parse(stdout || '{}')
if (report.metadata === undefined) {
  // Mirrors of the registry often have no audit: that says nothing about the dependencies.
  console.log(`Not audited: this registry does not answer (${report.message ?? 'no report'}).`)
} else {
  const { high = 0, critical = 0 } = report.metadata.vulnerabilities
  console.log(`Known holes in what users install: ${high} high, ${critical} critical.`)
  if (high + critical > 0) {
    console.error('npm audit --omit=dev says which.')
    process.exit(1)
  }
}
