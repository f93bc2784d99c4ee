import type { Draft } from '../draft.js'
import type { Answers } from '../plan.js'
import type { Project } from '../project.js'
import { astro } from './astro.js'
import { express } from './express.js'
import { fastify } from './fastify.js'
import { hono } from './hono.js'
import { html } from './html.js'
import { next } from './next.js'
import { nuxt } from './nuxt.js'
import { reactRouter } from './react-router.js'
import { sveltekit } from './sveltekit.js'
import { workers } from './workers.js'

export interface Framework {
  readonly title: string
  /** Where its pages are in development, unless the project says otherwise. */
  readonly origin: string
  /** The proxy's path; the same everywhere but in one router. */
  readonly proxyUrl: (project: Project) => string
  readonly isIt: (project: Project) => boolean
  readonly draft: (draft: Draft, answers: Answers) => void
}

const PATH = '/ops/call-event'
const always = (): string => PATH
const on = (port: number): string => `http://localhost:${port}`
const needs =
  (...names: string[]) =>
  ({ dependsOn }: Project): boolean =>
    names.some(dependsOn)

/** The frameworks by their names, the more specific first: a Next.js project may depend on Express too. */
export const FRAMEWORKS: Record<string, Framework> = {
  next: {
    title: 'Next.js',
    origin: on(3000),
    proxyUrl: ({ first }) => (first('app', 'src/app') ? PATH : `/api${PATH}`),
    isIt: needs('next'),
    draft: next,
  },
  nuxt: { title: 'Nuxt', origin: on(3000), proxyUrl: always, isIt: needs('nuxt'), draft: nuxt },
  sveltekit: {
    title: 'SvelteKit',
    origin: on(5173),
    proxyUrl: always,
    isIt: needs('@sveltejs/kit'),
    draft: sveltekit,
  },
  astro: { title: 'Astro', origin: on(4321), proxyUrl: always, isIt: needs('astro'), draft: astro },
  'react-router': {
    title: 'React Router or Remix',
    origin: on(5173),
    proxyUrl: always,
    isIt: needs('@react-router/dev', '@remix-run/dev'),
    draft: reactRouter,
  },
  hono: { title: 'Hono', origin: on(3000), proxyUrl: always, isIt: needs('hono'), draft: hono },
  fastify: {
    title: 'Fastify',
    origin: on(3000),
    proxyUrl: always,
    isIt: needs('fastify'),
    draft: fastify,
  },
  express: {
    title: 'Express',
    origin: on(3000),
    proxyUrl: always,
    isIt: needs('express'),
    draft: express,
  },
  workers: {
    title: 'Cloudflare Workers',
    origin: on(8787),
    proxyUrl: always,
    isIt: ({ first }) => first('wrangler.toml', 'wrangler.json', 'wrangler.jsonc') !== undefined,
    draft: workers,
  },
  html: {
    title: 'plain HTML',
    origin: on(3000),
    proxyUrl: always,
    isIt: ({ has, files }) => !has('package.json') && files('.', /\.html?$/i).length > 0,
    draft: html,
  },
}
