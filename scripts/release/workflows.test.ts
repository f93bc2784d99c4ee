import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { WORKSPACES } from './agree.mjs'

/** The manifests of the four packages, each after those that it depends on. */
const MANIFESTS = ['package.json', ...WORKSPACES.map((name) => `${name}/package.json`)]

const folder = new URL('../../.github/workflows/', import.meta.url)

interface Job {
  'timeout-minutes'?: number
  steps?: { uses?: string; run?: string }[]
  /** Another workflow of this repository in place of steps. */
  uses?: string
  needs?: string
}
interface Workflow {
  on: Record<string, unknown>
  permissions: unknown
  jobs: Record<string, Job>
}
const workflows = new Map(
  readdirSync(folder).map((name) => [
    name,
    parse(readFileSync(new URL(name, folder), 'utf8')) as Workflow,
  ]),
)
const stepsOf = ({ jobs }: Workflow) => Object.values(jobs).flatMap(({ steps }) => steps ?? [])

it.each([...workflows])(
  '%s pins its actions by digest, asks for no permission at the top, and ends in time',
  (_, workflow) => {
    for (const { uses } of stepsOf(workflow))
      if (uses !== undefined) expect(uses).toMatch(/^[\w-]+\/[\w./-]+@[\da-f]{40}$/)
    expect(workflow.permissions).toEqual({})
    for (const { uses, ...job } of Object.values(workflow.jobs))
      if (uses === undefined) expect(job['timeout-minutes']).toBeLessThanOrEqual(90)
      else expect(workflows.has(uses.replace('./.github/workflows/', ''))).toBe(true)
  },
)

it('everything runs on each push and pull request, and before a release', () => {
  const ci = workflows.get('ci.yml')!
  expect(Object.keys(ci.on)).toEqual(['push', 'pull_request', 'workflow_call'])
  expect(stepsOf(ci).some(({ run }) => run === 'bash .ci/run')).toBe(true)
  const { everything, release } = workflows.get('release.yml')!.jobs
  expect(everything!.uses).toBe('./.github/workflows/ci.yml')
  expect(release!.needs).toBe('everything')
})

it('every manifest that is published names its repository, which provenance is checked against', () => {
  for (const path of MANIFESTS) {
    const { repository } = JSON.parse(
      readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'),
    ) as { repository?: { type: string; url: string } }
    expect(repository, path).toMatchObject({
      type: 'git',
      url: 'git+https://github.com/opsmantik/tracker.git',
    })
  }
})

it('publishes four packages, each after those that it depends on', () => {
  const [publish] = stepsOf(workflows.get('release.yml')!).filter(({ run }) =>
    run?.includes('npm publish'),
  )
  const names = MANIFESTS.map((path) => {
    const manifest = readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
    const { name } = JSON.parse(manifest) as { name: string }
    return name.replace('@', '').replace('/', '-')
  })
  expect(/for name in (.*); do/.exec(publish!.run!)?.[1]?.split(' ')).toEqual(names)
})
