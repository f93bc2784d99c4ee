import { expect, test } from 'vitest'
import { findDisagreements, newestChanges } from './agree.mjs'

const said = {
  tracker: { version: '1.2.3', 'size-limit': [{ limit: '3356 B' }] },
  server: { version: '1.2.3' },
  lock: { version: '1.2.3', packages: { 'server-reference': { version: '1.2.3' } } },
  readme: 'It is <!-- size -->3,300<!-- /size --> bytes.',
  changelog: '# Changelog\n\n## 1.2.3 — 2026-11-21\n\n- New.\n\n## 1.2.2 — 2026-01-01\n\n- Old.\n',
  size: 3_300,
}

test('what agrees may be released', () => {
  expect(findDisagreements(said)).toEqual([])
})

test.each<[string, Partial<typeof said>, string]>([
  ['another version of the server', { server: { version: '1.2.2' } }, 'server-reference'],
  ['a lock file of before', { lock: { ...said.lock, version: '1.2.2' } }, 'package-lock.json'],
  [
    'a changelog without the version',
    { changelog: '## 1.2.2 — 2026-01-01\n\n- Old.\n' },
    'CHANGELOG.md says 1.2.2',
  ],
  [
    'a changelog without a day',
    { changelog: '## 1.2.3 — unreleased\n\n- New.\n' },
    '“unreleased”; write the day',
  ],
  ['no changes', { changelog: '## 1.2.3 — 2026-11-21\n' }, 'is empty'],
  ['another size in the README', { size: 3_301 }, 'README.md says 3,300'],
  [
    'a size over the limit',
    { size: 3_400, readme: '<!-- size -->3,400<!-- /size -->' },
    'the limit in package.json is 3356',
  ],
])('%s may not', (_, changed, problem) => {
  expect(findDisagreements({ ...said, ...changed }).join('\n')).toContain(problem)
})

test('the notes are the newest section alone', () => {
  expect(newestChanges(said.changelog)).toEqual({
    version: '1.2.3',
    date: '2026-11-21',
    notes: '- New.',
  })
})
