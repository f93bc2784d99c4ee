import { existsSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { parse } from 'yaml'

const root = new URL('../../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')
const dockerfile = read('server-reference/Dockerfile')

interface Service {
  build?: { context: string; dockerfile: string }
  read_only?: boolean
  cap_drop?: string[]
  healthcheck?: unknown
  depends_on?: Record<string, { condition: string }>
}
const services: Record<string, Service> = parse(read('server-reference/compose.yaml'), {
  merge: true,
}).services

it('the image runs as nobody, has a health check, and copies only what is there', () => {
  const last = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '))
  expect([...last.matchAll(/^USER (.*)$/gm)].map(([, user]) => user)).toEqual(['nobody'])
  expect(last).toMatch(/^HEALTHCHECK /m)
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(([, paths = '']) =>
    paths.split(' '),
  )
  expect(copied).toContain('package-lock.json')
  expect(copied.filter((path) => !existsSync(new URL(path, root)))).toEqual([])
})

it('the servers of the compose file have a read-only root and no capability, and wait for healthy stores', () => {
  const built = Object.values(services).filter(({ build }) => build)
  expect(built).toHaveLength(2)
  for (const { build, read_only, cap_drop, depends_on } of built) {
    expect(existsSync(new URL(build!.dockerfile, root))).toBe(true)
    expect([read_only, cap_drop]).toEqual([true, ['ALL']])
    expect(Object.values(depends_on!).map(({ condition }) => condition)).toEqual([
      'service_healthy',
      'service_healthy',
    ])
  }
  // The image brings the servers' own.
  for (const name of ['postgres', 'redis']) expect(services[name]!.healthcheck).toBeTruthy()
})
