import type { Random } from './random.js'
import { strangersReply, type SimulatedReply } from './replies.js'

/** The fate of one request. */
export interface Fate {
  name: string
  /** Milliseconds from now at which it reaches the server: not at all, once, or twice. */
  arrives: number[]
  /** `real`: the server's own, to the last arrival. `error`: fetch rejects. `silence`: its promise never settles. */
  reply: 'real' | 'error' | 'silence' | SimulatedReply
  /** Milliseconds that the reply travels. */
  travels: number
  /** How much of the body arrives: it can break off or stall after the headers. */
  body: 'whole' | 'breaks' | 'stalls'
}

const lost = (random: Random): 'error' | 'silence' => (random.chance(0.7) ? 'error' : 'silence')

/** Each kind of trouble, and what it changes about a request that would have gone well. */
export const TROUBLES = {
  'request lost': (random) => ({ arrives: [], reply: lost(random) }),
  'answer lost': (random) => ({ reply: lost(random) }),
  'answer late': (random) => ({ travels: random.between(5_000, 40_000) }),
  'request late': (random) => ({
    arrives: [random.between(1_000, 60_000)],
    reply: random.chance(0.5) ? lost(random) : 'real',
  }),
  'request twice': (random, { arrives: [at = 0] }) => ({
    arrives: [
      at,
      at +
        random.weighted([
          [2, 0],
          [1, random.between(1, 5_000)],
        ]),
    ],
  }),
  'stranger answers': (random, _, now) => ({ arrives: [], reply: strangersReply(random, now) }),
  'stranger hides the answer': (random, _, now) => ({ reply: strangersReply(random, now) }),
  'body breaks off': (random) => ({ body: random.pick(['breaks', 'stalls']) }),
} satisfies Record<string, (random: Random, good: Fate, now: number) => Partial<Fate>>

export type Trouble = keyof typeof TROUBLES

export const goodFate = (random: Random): Fate => ({
  name: 'goes well',
  arrives: [random.between(1, 80)],
  reply: 'real',
  travels: random.between(1, 80),
  body: 'whole',
})

export const drawFate = (random: Random, troubles: readonly Trouble[], now: number): Fate => {
  const good = goodFate(random)
  if (troubles.length === 0) return good
  const name = random.pick(troubles)
  return { ...good, name, ...TROUBLES[name](random, good, now) }
}

export const OFFLINE: Fate = {
  name: 'offline',
  arrives: [],
  reply: 'error',
  travels: 0,
  body: 'whole',
}
