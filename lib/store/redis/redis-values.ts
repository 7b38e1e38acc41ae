/**
 * The values of a store, cached answers, as commands for Redis.
 *
 * They are stored as base64, so that a value can be read over TCP and over HTTP, which carries only text. Redis
 * expires them. Since counts in the same Redis must not be evicted, values have a limit of their own. They are
 * divided into parts by the last digit of their key; each part is one hash tag and tracks its own size.
 *
 * @module
 */
import { fromBase64, toBase64 } from "../../bytes/base64.ts"
import { runner } from "./run-script.ts"
import type { RedisLink } from "./redis-link.ts"

/** The most characters of a part; keys end in one of 16 digits, so 256 MiB in all. */
const room = 16 * 1024 * 1024

/** Operations on values, which reject as the link does. */
export interface RedisValues {
  readonly get: (key: string) => Promise<Uint8Array<ArrayBuffer> | undefined>
  readonly set: (key: string, value: Uint8Array<ArrayBuffer>, ttl: number) => Promise<void>
}

/**
 * Stores a value; those that expire first make room.
 *
 * Keys: the value's own; its part's keys, sorted by expiry; their sizes; and the sum of the sizes. Arguments: the
 * value, its lifetime, and the size limit of a part.
 */
const putScript = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ttl, room = tonumber(ARGV[2]), tonumber(ARGV[3])
local function text(n) return string.format('%.0f', n) end
local function forget(key)
  local size = redis.call('HGET', KEYS[3], key)
  if size then
    redis.call('DECRBY', KEYS[4], size)
    redis.call('HDEL', KEYS[3], key)
  end
  redis.call('ZREM', KEYS[2], key)
end
for _, key in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', text(now), 'LIMIT', 0, 100)) do forget(key) end
forget(KEYS[1])
local size = #ARGV[1] + 256
for _ = 1, 1000 do
  if tonumber(redis.call('GET', KEYS[4]) or '0') + size <= room then break end
  local first = redis.call('ZRANGE', KEYS[2], 0, 0)[1]
  if not first then break end
  redis.call('DEL', first)
  forget(first)
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', text(ttl))
redis.call('ZADD', KEYS[2], text(now + ttl), KEYS[1])
redis.call('HSET', KEYS[3], KEYS[1], text(size))
redis.call('INCRBY', KEYS[4], text(size))
for key = 2, 4 do
  if redis.call('PTTL', KEYS[key]) < ttl + 60000 then redis.call('PEXPIRE', KEYS[key], text(ttl + 60000)) end
end
return 1
`

const keysOf = (key: string): readonly [string, ...ReadonlyArray<string>] => {
  const part = `basegate:{values:${key.slice(-1)}}`
  return [`${part}:${key}`, `${part}!ends`, `${part}!sizes`, `${part}!sum`]
}

/** Implements values over a link. */
export const makeRedisValues = (link: RedisLink): RedisValues => {
  const put = runner(link, putScript)
  return {
    get: async (key) => {
      const [own] = keysOf(key)
      const found = await link.send(["GET", own], own)
      return typeof found === "string" ? fromBase64(found) : undefined
    },
    set: async (key, value, ttl) => {
      const rest = [toBase64(value), String(Math.max(1, Math.round(ttl))), String(room)]
      await put(keysOf(key), rest)
    },
  }
}
