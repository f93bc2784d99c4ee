import { defineConfig } from 'vitest/config'

// Its own, so that vitest does not take the repository's.
export default defineConfig({})
