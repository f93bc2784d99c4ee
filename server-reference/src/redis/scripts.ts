/**
 * Counts buckets. First those that no request waits for: ARGV is the window in ms, how many of them are only looked at,
 * how many count one, and the weights of the others. Then groups: for each its size and, for each of its buckets, limit
 * and weight. A group stops at the first bucket that is over its limit: the others are only looked at. Replies with the
 * count and the ms until the window's end for each key. A window's end is set with its first count, in the same step,
 * so no bucket can stay forever.
 */
export const COUNT_SCRIPT = `
local window = tonumber(ARGV[1])
local replies = {}
local function count(k, weight)
  local key = KEYS[k]
  local total
  if weight > 0 then
    total = redis.call('INCRBY', key, weight)
  else
    total = tonumber(redis.call('GET', key) or '0')
  end
  local left = total > 0 and redis.call('PTTL', key) or window
  if left < 0 or left > window then
    redis.call('PEXPIRE', key, window)
    left = window
  end
  replies[2 * k - 1] = total
  replies[2 * k] = left
  return total
end
local looked = tonumber(ARGV[2])
local ones = looked + tonumber(ARGV[3])
local k = ones + tonumber(ARGV[4])
for n = 1, looked do count(n, 0) end
for n = looked + 1, ones do count(n, 1) end
for n = ones + 1, k do count(n, tonumber(ARGV[4 + n - ones])) end
local a = 5 + k - ones
while a <= #ARGV do
  local size = tonumber(ARGV[a])
  a = a + 1
  local open = true
  for _ = 1, size do
    k = k + 1
    local weight = open and tonumber(ARGV[a + 1]) or 0
    if count(k, weight) > tonumber(ARGV[a]) then open = false end
    a = a + 2
  end
end
return replies`

/** Remembers keys: ARGV is the ms until they expire, then a value for each. Each key is set with its expiry in one command. */
export const REMEMBER_SCRIPT = `
for i, key in ipairs(KEYS) do
  redis.call('SET', key, ARGV[i + 1], 'PX', ARGV[1])
end
return #KEYS`
