import type { Step } from '../env.js'
import { openApiDocument } from './openapi.js'

/** `GET /docs`: the OpenAPI document as a page. No script, nothing from elsewhere. */
export const docs = (): Step => {
  let page: string | undefined
  return async (c) => {
    page ??= render(openApiDocument())
    c.header(
      'Content-Security-Policy',
      "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    )
    c.header('X-Content-Type-Options', 'nosniff')
    return c.html(page)
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
        `<section><h2><code>${method.toUpperCase()} ${text(path)}</code></h2>
        <p>${text(operation.summary)}. ${text(operation.description)}</p>
        ${parameters.length > 0 ? `<table>${parameters.join('')}</table>` : ''}
        ${body ? `<p>Body: ${names(operation.requestBody)}</p>` : ''}
        <table>${answers.join('')}</table></section>`,
      ]
    }),
  )
  const schemas = Object.entries(components?.schemas ?? {}).map(
    ([name, schema]) =>
      `<section><h2 id="${text(name)}">${text(name)}</h2><pre>${text(JSON.stringify(schema, null, 2))}</pre></section>`,
  )
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${text(info.title)}</title><style>${STYLE}</style></head><body><main>
<h1>${text(info.title)}</h1><p>${text(info.description)} Version ${text(info.version)}.
As a file: <a href="/openapi.json">openapi.json</a>.</p>
${operations.join('\n')}<h1>Schemas</h1>${schemas.join('\n')}</main></body></html>`
}

const row = (a: string, b: string, c: string): string =>
  `<tr><td><code>${text(a)}</code></td><td>${b}</td><td>${c}</td></tr>`

/** The schemas that a part of the document refers to, as links. */
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
td { padding: .2rem .8rem .2rem 0; vertical-align: top; overflow-wrap: anywhere }
pre { overflow: auto; padding: .8rem; background: #8881 }`
