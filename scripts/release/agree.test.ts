import { expect, test } from 'vitest'
import { findDisagreements, newestChanges, WORKSPACES } from './agree.mjs'

const said: Parameters<typeof findDisagreements>[0] = {
  tracker: { version: '1.2.3', 'size-limit': [{ limit: '3356 B' }] },
  others: Object.fromEntries(
    WORKSPACES.map((folder) => [
      folder,
      { version: '1.2.3', dependencies: { '@opsmantik/tracker': '1.2.3', hono: '^4.0.0' } },
    ]),
  ),
  lock: {
    version: '1.2.3',
    packages: Object.fromEntries(WORKSPACES.map((folder) => [folder, { version: '1.2.3' }])),
  },
  readme: 'It is <!-- size -->3,300<!-- /size --> bytes.',
  changelog: '# Changelog\n\n## 1.2.3 — 2026-11-21\n\n- New.\n\n## 1.2.2 — 2026-01-01\n\n- Old.\n',
  size: 3_300,
}

test('what agrees may be released', () => {
  expect(findDisagreements(said)).toEqual([])
})

test.each<[string, Partial<typeof said>, string]>([
  [
    'another version of the server',
    { others: { ...said.others, 'server-reference': { version: '1.2.2', dependencies: {} } } },
    'server-reference',
  ],
  [
    'a command line that wants another tracker',
    {
      others: {
        ...said.others,
        cli: { version: '1.2.3', dependencies: { '@opsmantik/tracker': '^1.2.2' } },
      },
    },
    'cli/package.json (@opsmantik/tracker) says ^1.2.2',
  ],
  ['a package that is missing', { others: {} }, 'testing/package.json says nothing'],
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
