/** The package's folder, where sql/ and console/ lie: one up from src/ under vitest and from dist/ when built. */
export const PACKAGE_ROOT: URL = new URL('../', import.meta.url)
