/**
 * Counts groups of buckets. ARGV: the window in ms, then for each group its size and, for each of its buckets, limit
 * and weight. A group stops at the first bucket that is over its limit: the others are only looked at, and so is a
 * bucket with weight 0. Replies with the count and the ms until the window's end for each key. A window's end is set
 * with its first count, in the same step, so no bucket can stay forever.
 */
export const COUNT_SCRIPT = `
local window = tonumber(ARGV[1])
local replies = {}
local k = 0
local a = 2
while a <= #ARGV do
  local size = tonumber(ARGV[a])
  a = a + 1
  local open = true
  for _ = 1, size do
    k = k + 1
    local key = KEYS[k]
    local limit = tonumber(ARGV[a])
    local weight = tonumber(ARGV[a + 1])
    a = a + 2
    local count
    if open and weight > 0 then
      count = redis.call('INCRBY', key, weight)
    else
      count = tonumber(redis.call('GET', key) or '0')
    end
    local left = count > 0 and redis.call('PTTL', key) or window
    if left < 0 or left > window then
      redis.call('PEXPIRE', key, window)
      left = window
    end
    if count > limit then open = false end
    replies[2 * k - 1] = count
    replies[2 * k] = left
  end
end
return replies`

/** Remembers keys: ARGV is the ms until they expire, then a value for each. Each key is set with its expiry in one command. */
export const REMEMBER_SCRIPT = `
for i, key in ipairs(KEYS) do
  redis.call('SET', key, ARGV[i + 1], 'PX', ARGV[1])
end
return #KEYS`
