import { reply } from '../http/reply.js'
import type { Step } from '../steps/step.js'
import { openApiDocument } from './openapi.js'

const HEADERS = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy':
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
}

/** Serves `GET /docs`: the OpenAPI document as a page without scripts or external resources. */
export const docs = (): Step => {
  let page: string | undefined
  return {
    name: 'Documentation',
    section: '1',
    run: (context) => reply(context, 200, (page ??= render(openApiDocument())), HEADERS),
  }
}

type Document = ReturnType<typeof openApiDocument>

const METHODS = ['get', 'post', 'options'] as const

const render = ({ info, paths, components }: Document): string => {
  const operations = Object.entries(paths ?? {}).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method]
      if (operation === undefined) return []
      const parameters = (operation.parameters ?? []).flatMap((parameter) =>
        'name' in parameter
          ? [
              row(
                parameter.name,
                `${parameter.in}${parameter.required ? ', required' : ''}`,
                text(parameter.description),
              ),
            ]
          : [],
      )
      const answers = Object.entries(operation.responses ?? {}).map(([status, response]) =>
        row(status, text('description' in response ? response.description : ''), ''),
      )
      const body = operation.requestBody && 'content' in operation.requestBody
      return [
        `<section id="${method === METHODS.find((one) => item[one]) ? text(path) : ''}"><h2><code>${method.toUpperCase()} ${text(path)}</code></h2>
        <p>${text(operation.summary)}. ${text(operation.description)}</p>
        ${parameters.length > 0 ? `<table>${parameters.join('')}</table>` : ''}
        ${body ? `<p>Body: ${names(operation.requestBody)}</p>` : ''}
        <table>${answers.join('')}</table></section>`,
      ]
    }),
  )
  const schemas = Object.entries(components?.schemas ?? {}).map(
    ([name, schema]) =>
      `<section id="${text(name)}"><h2>${text(name)}</h2>${fields(schema as Schema)}</section>`,
  )
  const contents = Object.keys(paths ?? {})
    .map((path) => `<li><a href="#${text(path)}"><code>${text(path)}</code></a></li>`)
    .join('')
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${text(info.title)}</title><style>${STYLE}</style></head><body><main>
<h1>${text(info.title)}</h1><p>${text(info.description)} Version ${text(info.version)}.
As a file: <a href="/openapi.json">openapi.json</a>.</p><ul>${contents}</ul>
${operations.join('\n')}<h1>Schemas</h1>${schemas.join('\n')}</main></body></html>`
}

/** The part of JSON Schema that our own schemas use. */
interface Schema {
  type?: string | string[]
  properties?: Record<string, Schema>
  required?: string[]
  anyOf?: Schema[]
  oneOf?: Schema[]
  items?: Schema
  enum?: unknown[]
  const?: unknown
  $ref?: string
  description?: string
  [bound: string]: unknown
}

const BOUNDS = {
  format: '',
  pattern: 'pattern ',
  minLength: 'at least ',
  maxLength: 'at most ',
  minItems: 'at least ',
  maxItems: 'at most ',
  minimum: '≥ ',
  maximum: '≤ ',
} as const

/** Returns the fields of an object, a row each; for alternatives, a table each. */
const fields = (schema: Schema): string => {
  const alternatives = schema.anyOf ?? schema.oneOf
  if (alternatives !== undefined) return alternatives.map(fields).join('<p>or</p>')
  if (schema.properties === undefined) return `<p>${kind(schema)}</p>`
  const rows = Object.entries(schema.properties).map(([name, field]) =>
    row(
      name,
      `${kind(field)}${schema.required?.includes(name) ? ', <b>required</b>' : ''}`,
      text(field.description),
    ),
  )
  return `<table>${rows.join('')}</table>`
}

/** Returns a field's type and its bounds, in a few words. */
const kind = (schema: Schema): string => {
  if (schema.$ref !== undefined) return names(schema)
  if (schema.const !== undefined) return `<code>${text(JSON.stringify(schema.const))}</code>`
  if (schema.enum !== undefined)
    return schema.enum.map((value) => `<code>${text(JSON.stringify(value))}</code>`).join(', ')
  const alternatives = schema.anyOf ?? schema.oneOf
  if (alternatives !== undefined) return alternatives.map(kind).join(' or ')
  const bounds = Object.entries(BOUNDS).flatMap(([bound, words]) =>
    schema[bound] === undefined || (bound === 'pattern' && schema.format !== undefined)
      ? []
      : [`${words}${String(schema[bound])}`],
  )
  const of = schema.items === undefined ? '' : ` of ${kind(schema.items)}`
  return `${text([schema.type ?? 'anything'].flat().join(' or '))}${of}${bounds.length > 0 ? ` (${text(bounds.join(', '))})` : ''}`
}

const row = (a: string, b: string, c: string): string =>
  `<tr><td><code>${text(a)}</code></td><td>${b}</td><td>${c}</td></tr>`

/** Returns the schemas that a part of the document refers to, as links. */
const names = (part: unknown): string => {
  const refs = JSON.stringify(part).matchAll(/#\/components\/schemas\/(\w+)/g)
  return [...new Set([...refs].map(([, name]) => `<a href="#${name}">${name}</a>`))].join(' or ')
}

const text = (raw = ''): string =>
  raw.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
main { max-width: 60rem; margin: auto; padding: 1rem }
section { border-top: 1px solid #8886; margin-top: 1.5rem }
h2 { font-size: 1.1rem; overflow-wrap: anywhere }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 }
td { padding: .25rem .8rem .25rem 0; vertical-align: top; overflow-wrap: anywhere }
td:first-child { white-space: nowrap; width: 11rem }
tr + tr td { border-top: 1px solid #8883 }
@media (max-width: 40rem) {
  tr { display: block; padding: .3rem 0; border-top: 1px solid #8883 }
  td, tr + tr td { display: inline; border: 0; padding-right: .5rem }
}
pre { overflow: auto; padding: .8rem; background: #8881 }`
