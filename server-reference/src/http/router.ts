import type { Step } from '../steps/step.js'
import type { RequestContext } from './request-context.js'

/** The steps of each method of one path. */
export interface Route {
  /** A path that ends in `/*` matches all paths that begin with it. */
  path: string
  methods: Readonly<Record<string, readonly Step[]>>
  /** Steps for every other method. */
  otherwise: readonly Step[]
  /** Runs before the steps and before anything that could fail. */
  prepare?(context: RequestContext): void
}

/** Finds a request's route, or undefined. Of two with one path the later counts. */
export const createRouter = (
  routes: readonly Route[],
): ((context: RequestContext) => Route | undefined) => {
  const exact = new Map(routes.map((route) => [route.path, route]))
  const prefixes = routes
    .filter(({ path }) => path.endsWith('/*'))
    .map((route) => [route.path.slice(0, -1), route] as const)
  return (context) => {
    const found = exact.get(context.path)
    if (found !== undefined) return found
    context.path = normalised(context.target)
    return (
      exact.get(context.path) ?? prefixes.find(([prefix]) => context.path.startsWith(prefix))?.[1]
    )
  }
}

/**
 * Returns the path as normalised by the URL standard and RFC 3986 (6.2.2): without dot segments and needless
 * percent-encoding.
 */
const normalised = (target: string): string => {
  const url = target.startsWith('/') ? `http://localhost${target}` : target
  if (!URL.canParse(url)) return target
  const { pathname } = new URL(url)
  try {
    return decodeURI(pathname)
  } catch {
    return pathname
  }
}

/** Returns the steps of a request's method. HEAD is GET without its body (RFC 9110, 9.3.2). */
export const stepsFor = ({ methods, otherwise }: Route, method: string): readonly Step[] =>
  (Object.hasOwn(methods, method) ? methods[method] : undefined) ??
  (method === 'HEAD' ? methods.GET : undefined) ??
  otherwise
