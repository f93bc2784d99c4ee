import { ask, type Question, type HttpReply } from './ask.js'
import type { WordPressSite } from './wordpress.js'

const ENTITIES: Record<string, string> = { lt: '<', gt: '>', quot: '"', amp: '&' }

const plain = (html: string): string =>
  html
    .replace(/&(lt|gt|quot|amp);/g, (_, name: string) => ENTITIES[name] ?? '')
    .replace(/&#0?(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))

/** The fields of the form that goes to options.php, as a browser would send them untouched. */
export const readForm = (html: string): URLSearchParams => {
  const form = /<form action="options\.php"[^]*?<\/form>/.exec(html)?.[0] ?? ''
  const fields = new URLSearchParams()
  for (const [tag] of form.matchAll(/<input[^>]*>/g)) {
    const read = (name: string): string | undefined => {
      const found = new RegExp(`\\s${name}=(?:"([^"]*)"|'([^']*)')`).exec(tag)
      return found ? plain(found[1] ?? found[2] ?? '') : undefined
    }
    const name = read('name')
    const unchecked = read('type') === 'checkbox' && !/\schecked=/.test(tag)
    if (name !== undefined && !unchecked) fields.set(name, read('value') ?? '')
  }
  return fields
}

/** Creates a client that keeps cookies and follows redirects, as a browser does. */
export const createVisitor = (site: WordPressSite) => {
  const cookies = new Map<string, string>()

  const go = async (path: string, question: Question = { method: 'GET' }): Promise<HttpReply> => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = { ...(cookie ? { Cookie: cookie } : {}), ...question.headers }
    const reply = await ask(new URL(path, site.url).href, { ...question, headers })
    for (const line of reply.headers['set-cookie'] ?? []) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      cookies.set(name, value)
    }
    const { location } = reply.headers
    return location ? go(new URL(location, new URL(path, site.url)).href) : reply
  }

  const submit = (path: string, fields: URLSearchParams): Promise<HttpReply> =>
    go(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: fields.toString(),
    })

  const logIn = async (user: string, password: string): Promise<void> => {
    await go('/wp-login.php')
    const fields = new URLSearchParams({ log: user, pwd: password, testcookie: '1' })
    const reply = await submit('/wp-login.php', fields)
    if (![...cookies.keys()].some((name) => name.startsWith('wordpress_logged_in')))
      throw new Error(`${user} is not logged in: ${reply.status}`)
  }

  return { go, submit, logIn }
}
