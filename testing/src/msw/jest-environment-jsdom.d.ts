// What of jest's own package is used here; it is the user's, and not installed with ours.
declare module 'jest-environment-jsdom' {
  export class TestEnvironment {
    global: typeof globalThis
    setup(): Promise<void>
    exportConditions(): string[]
  }
}
