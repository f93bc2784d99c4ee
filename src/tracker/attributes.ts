import type { Options } from './options.js'

/**
 * The script element that loaded us. `document.currentScript` knows it for classic scripts (plain, `async`, `defer`,
 * injected); it is null in a module, and another element where an optimiser merged files: then the first script that
 * carries our attribute is it.
 */
export const ownScript = (): HTMLScriptElement | undefined =>
  [document.currentScript as HTMLScriptElement | null, ...document.scripts].find(
    (script) => script && script.hasAttribute('data-ops-site-id'),
  )!

export const readAttributes = (script: HTMLScriptElement): Options => {
  const read = (name: string): string | null => script.getAttribute('data-ops-' + name)
  return {
    siteId: read('site-id')!,
    proxyUrl: read('proxy-url'),
    secret: read('secret'),
    consoleUrl: read('console-url') || (script.src && new URL(script.src).origin),
    intents: read('intents'),
    debug: read('debug') !== null,
  }
}
