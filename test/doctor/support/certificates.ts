import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Certificates {
  ca: string
  /** Creates a certificate of the authority, and its key. */
  make(how: { name: string; from: string; to: string }): { cert: string; key: string }
  selfSigned(): { cert: string; key: string }
  remove(): void
}

/** Creates a separate authority for the test, with openssl. Dates have the form YYMMDD000000Z. */
export const makeAuthority = (): Certificates => {
  const folder = mkdtempSync(join(tmpdir(), 'opsmantik-ca-'))
  const openssl = (...words: string[]): void =>
    void execFileSync('openssl', words, { cwd: folder, stdio: 'pipe' })
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8')
  const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  openssl(
    'req',
    '-x509',
    ...KEY,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-days',
    '30',
    '-subj',
    '/CN=Test authority',
  )
  writeFileSync(join(folder, 'index.txt'), '')
  writeFileSync(join(folder, 'serial'), '01')
  writeFileSync(
    join(folder, 'ca.cnf'),
    `[ca]\ndefault_ca = own\n[own]\ndatabase = index.txt\nnew_certs_dir = .\nserial = serial\ndefault_md = sha256\npolicy = any\nunique_subject = no\ncopy_extensions = copy\n[any]\ncommonName = supplied\n`,
  )
  return {
    ca: read('ca.pem'),
    make: ({ name, from, to }) => {
      const alt = /^[\d.]+$/.test(name) ? `IP:${name}` : `DNS:${name}`
      openssl(
        'req',
        ...KEY,
        '-keyout',
        'own.key',
        '-out',
        'own.csr',
        '-subj',
        `/CN=${name}`,
        '-addext',
        `subjectAltName=${alt}`,
      )
      openssl(
        'ca',
        '-batch',
        '-config',
        'ca.cnf',
        '-cert',
        'ca.pem',
        '-keyfile',
        'ca.key',
        '-in',
        'own.csr',
        '-out',
        'own.pem',
        '-startdate',
        from,
        '-enddate',
        to,
        '-notext',
      )
      return { cert: read('own.pem'), key: read('own.key') }
    },
    selfSigned: () => {
      openssl(
        'req',
        '-x509',
        ...KEY,
        '-keyout',
        'self.key',
        '-out',
        'self.pem',
        '-days',
        '30',
        '-subj',
        '/CN=127.0.0.1',
        '-addext',
        'subjectAltName=IP:127.0.0.1',
      )
      return { cert: read('self.pem'), key: read('self.key') }
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
