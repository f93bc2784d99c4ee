import { Converter, ReflectionKind } from 'typedoc'
import { entries } from '../api.mjs'

/** Names each entry after its page, not after its file. @param {import('typedoc').Application} app */
export const load = (app) => {
  const pages = new Map(
    entries().map(({ source, page }) => [source.replace(/(\/index)?\.ts$/, ''), page]),
  )
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, (_context, reflection) => {
    if (reflection.kind !== ReflectionKind.Module) return
    const page = pages.get(reflection.name)
    if (page === undefined) throw new Error(`${reflection.name} is no entry of a package`)
    reflection.name = page
  })
}
