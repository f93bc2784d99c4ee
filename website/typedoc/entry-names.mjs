import { Converter, ReflectionKind } from 'typedoc'

/** The package's own entry is called after the package, not after its file. @param {import('typedoc').Application} app */
export const load = (app) => {
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, (_context, reflection) => {
    if (reflection.kind === ReflectionKind.Module && reflection.name === 'index')
      reflection.name = 'tracker'
  })
}
