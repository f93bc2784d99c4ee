import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { REFUSALS, WARNINGS } from '@opsmantik/tracker/contract'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { call, event } from '../testing/call.js'
import { createWorld } from '../testing/world.js'
import { createMetrics } from './metrics.js'

const root = new URL('../../../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')

interface Rule {
  alert: string
  expr: string
  labels: { severity: string }
  annotations: { summary: string; description: string; runbook_url: string }
}
const rules = (
  parse(read('server-reference/monitoring/alerts.yml')) as { groups: { rules: Rule[] }[] }
).groups.flatMap((group) => group.rules)
const panels = (
  JSON.parse(read('server-reference/monitoring/grafana-dashboard.json')) as {
    panels: { title: string; targets: { expr: string }[] }[]
  }
).panels

/** Names of metrics, and of labels by metric, that the server really has. */
const exposed = async (): Promise<Map<string, Set<string>>> => {
  const world = createWorld({ metrics: createMetrics(() => 'memory') })
  await call(world, { body: event() })
  await call(world, { headers: { 'X-Ops-Signature': '0'.repeat(64) } })
  world.metrics.batch('verify', 1)
  const found = new Map<string, Set<string>>()
  for (const line of (await world.metrics.text()).split('\n')) {
    const [, name, labels = ''] = /^(\w+)(?:\{(.*)\})? /.exec(line) ?? []
    if (name === undefined || line.startsWith('#')) continue
    found.set(name, new Set([...labels.matchAll(/(\w+)="/g)].map(([, label]) => label!)))
  }
  return found
}
const selectors = (expr: string): [name: string, matchers: string][] =>
  [...expr.matchAll(/((?:opsmantik|process)_\w+)(?:\{([^}]*)\})?/g)].map((found) => [
    found[1]!,
    found[2] ?? '',
  ])

it.each([
  ...rules.map((rule) => [`alert ${rule.alert}`, [rule.expr]] as const),
  ...panels.map(
    (panel) => [`panel ${panel.title}`, panel.targets.map(({ expr }) => expr)] as const,
  ),
])('%s asks for metrics, labels and codes that exist', async (_, expressions) => {
  const metrics = await exposed()
  const known = new Set<string>([
    ...Object.keys(REFUSALS),
    ...Object.keys(WARNINGS),
    'matched',
    'unmatched',
  ])
  for (const expr of expressions) {
    expect(selectors(expr), expr).not.toEqual([])
    for (const [name, matchers] of selectors(expr)) {
      expect([...metrics.keys()], expr).toContain(name)
      for (const [, label, value] of matchers.matchAll(/(\w+)=~?"([^"]*)"/g)) {
        expect([...metrics.get(name)!], `${name}{${label}}`).toContain(label)
        if (label === 'code') for (const code of value!.split('|')) expect(known).toContain(code)
      }
    }
  }
})

it('there are alerts for what the contract’s operators have to know, each with a runbook that exists', () => {
  expect(rules.map(({ alert }) => alert)).toEqual([
    'OpsmantikRefusals',
    'OpsmantikClockRefusals',
    'OpsmantikStoreUnavailable',
    'OpsmantikFeedRefused',
    'OpsmantikLimiterDegraded',
    'OpsmantikOriginEnding',
    'OpsmantikSharedStoreFlaps',
    'OpsmantikUpkeepFailing',
  ])
  for (const { alert, annotations, labels } of rules) {
    const path =
      /^https:\/\/github\.com\/opsmantik\/tracker\/blob\/main\/(docs\/runbooks\/[\w.-]+\.md)$/.exec(
        annotations.runbook_url,
      )?.[1]
    expect(path, alert).toBeDefined()
    expect(existsSync(fileURLToPath(new URL(path!, root))), annotations.runbook_url).toBe(true)
    expect(['warning', 'critical']).toContain(labels.severity)
    for (const text of [annotations.summary, annotations.description]) expect(text).toMatch(/\w/)
  }
})
