import { openNamespace, type Namespace, type NamespaceOptions } from './inspection/namespace.js'

export type { Namespace, NamespaceOptions }

export interface FixtureOptions extends NamespaceOptions {
  /** Base URL of the reference server. Default: `OPS_INSPECT_URL`, or `http://127.0.0.1:8787`. */
  serverUrl?: string
}

/**
 * Creates a Playwright fixture: each test gets a separate server, which is removed when the test ends.
 *
 * @example
 * import { test as base } from '@playwright/test'
 * import { opsmantikFixture, type Namespace } from '@opsmantik/testing/playwright'
 *
 * const test = base.extend<{ ops: Namespace }>({ ops: opsmantikFixture() })
 */
export const opsmantikFixture =
  ({ serverUrl, ...options }: FixtureOptions = {}) =>
  async (
    // Playwright reads this pattern to learn which other fixtures are needed: none.
    // oxlint-disable-next-line no-empty-pattern
    {}: object,
    use: (namespace: Namespace) => Promise<void>,
    { testId }: { testId: string },
  ): Promise<void> => {
    const env: Record<string, string | undefined> = Object(globalThis).process?.env ?? {}
    const url = serverUrl ?? env['OPS_INSPECT_URL'] ?? 'http://127.0.0.1:8787'
    const namespace = await openNamespace(url, testId, options)
    try {
      await use(namespace)
    } finally {
      await namespace.close()
    }
  }
