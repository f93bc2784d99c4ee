import type { SharedRedis } from '../redis/shared-redis.js'
import { CHANNEL_NAME, type Channel } from './channel.js'

/** Redis pub/sub. */
export const createRedisChannel = (redis: SharedRedis): Channel => ({
  kind: 'redis',
  send: (text) => redis.publish(CHANNEL_NAME, text),
  listen: (onText) => redis.subscribe(CHANNEL_NAME, onText),
  close: async () => {},
})
