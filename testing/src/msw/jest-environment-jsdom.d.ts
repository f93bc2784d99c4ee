// Declares the used part of jest's own package, which the user installs and ours does not.
declare module 'jest-environment-jsdom' {
  export class TestEnvironment {
    global: typeof globalThis
    setup(): Promise<void>
    exportConditions(): string[]
  }
}
