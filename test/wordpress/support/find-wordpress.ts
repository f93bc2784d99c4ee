import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { findProgram } from '../../services/programs.mjs'

const DEBIAN = '/usr/share/wordpress'
const EXTENSIONS = ['mysqli', 'curl', 'dom', 'mbstring']
const PACKAGES = ['php-mysql', 'php-curl', 'php-xml', 'php-mbstring', 'wordpress']

const missing = (php: string, source: string): string[] => {
  const modules = execFileSync(php, ['-m']).toString().split('\n')
  return [
    ...EXTENSIONS.filter((name) => !modules.includes(name)).map((name) => `PHP's ${name}`),
    ...(existsSync(`${source}/wp-settings.php`) ? [] : [`WordPress in ${source}`]),
  ]
}

/**
 * Returns the paths of PHP and of WordPress's code, from Debian's packages, which it installs if that is allowed.
 * `WORDPRESS_DIR` names another WordPress.
 *
 * @throws Error that names the packages: tests fail then, they do not skip
 */
export const findWordPress = (): { php: string; source: string } => {
  const source = process.env['WORDPRESS_DIR'] ?? DEBIAN
  const php = findProgram('php', 'php-cli')
  if (missing(php, source).length && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    console.log(`[wordpress] installing ${PACKAGES.join(' ')}`)
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    const quiet = { stdio: 'ignore', env } as const
    spawnSync('apt-get', ['update', '-q'], quiet)
    spawnSync('apt-get', ['install', '-qy', '--no-install-recommends', ...PACKAGES], quiet)
  }
  const gaps = missing(php, source)
  if (gaps.length)
    throw new Error(
      `Without ${gaps.join(', ')} there is no test: apt-get install --no-install-recommends ${PACKAGES.join(' ')}`,
    )
  return { php, source }
}
