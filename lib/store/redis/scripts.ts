/**
 * The scripts that run in Redis. Each is one round trip, and atomic.
 *
 * They use the server's clock. The gateway sends windows, since Lua has no calendar: a script refuses one that does
 * not contain the server's time and returns that time, and the gateway tries again. Numbers are whole and below 2^53,
 * so they are exact in Lua; they are written with `%.0f`, since `tostring` would round them. A gateway's keys share
 * one hash tag, so that a Cluster keeps them on one node.
 *
 * The keys of a count, by its kind:
 *
 * - `r`, rates: a string for each period, which expires with the window.
 * - `m`, money: for each rule and period a sorted set of what its partitions have spent, which also serves for lists,
 *   and a hash of their readable forms. Reservations of a rule are a hash of sums by partition, and a hash of amounts
 *   and a sorted set of expiries by lease and partition.
 *
 * @module
 */

/**
 * Shared by both scripts: reads and adds. `at` is the index of a count's first argument, `k` that of its first key.
 */
const common = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function num(at) return tonumber(ARGV[at]) end
local function text(n) return string.format('%.0f', n) end
local function width(at) return ARGV[at] == 'm' and 6 or 2 end
local function misses(n, first)
  for i = 0, n - 1 do
    local at = first + i * 12
    if now < num(at + 1) or now >= num(at + 2) then return true end
  end
  return false
end
local function member(k, at)
  if redis.call('ZSCORE', KEYS[k], ARGV[at + 9]) then return ARGV[at + 9] end
  if ARGV[at + 10] ~= ARGV[at + 9] and redis.call('ZSCORE', KEYS[k], ARGV[at + 10]) then return ARGV[at + 10] end
  return nil
end
local function counted(k, at)
  if ARGV[at] == 'r' then return tonumber(redis.call('GET', KEYS[k]) or '0') end
  local name = member(k, at)
  return name and tonumber(redis.call('ZSCORE', KEYS[k], name)) or 0
end
local function before(k, at)
  if ARGV[at + 3] == '0' then return 0 end
  return counted(k + 1, at)
end
local function add(k, at, by)
  local ttl = text(num(at + 8))
  if ARGV[at] == 'r' then
    local sum = redis.call('INCRBY', KEYS[k], text(by))
    if redis.call('PTTL', KEYS[k]) < 0 then redis.call('PEXPIRE', KEYS[k], ttl) end
    return sum
  end
  local name = member(k, at)
  if not name then
    name = ARGV[at + 9]
    if name ~= ARGV[at + 10] and redis.call('ZCARD', KEYS[k]) >= num(at + 11) then name = ARGV[at + 10] end
  end
  local sum = redis.call('ZINCRBY', KEYS[k], text(by), name)
  if redis.call('PTTL', KEYS[k]) < 0 then redis.call('PEXPIRE', KEYS[k], ttl) end
  return tonumber(sum)
end
local function free(k, lease)
  local amount = redis.call('HGET', KEYS[k + 4], lease)
  if not amount then return end
  local name = string.match(lease, '\\n(.*)$')
  if redis.call('HINCRBY', KEYS[k + 3], name, '-' .. amount) <= 0 then redis.call('HDEL', KEYS[k + 3], name) end
  redis.call('HDEL', KEYS[k + 4], lease)
  redis.call('ZREM', KEYS[k + 5], lease)
end
local function held(k, at)
  if ARGV[at] == 'r' then return 0 end
  for _, lease in ipairs(redis.call('ZRANGEBYSCORE', KEYS[k + 5], '-inf', text(now), 'LIMIT', 0, 500)) do free(k, lease) end
  return tonumber(redis.call('HGET', KEYS[k + 3], ARGV[at + 9]) or '0')
end
`

/**
 * Takes from all counts or from none; with takes of 0 it is `peek`.
 *
 * Arguments: the number of counts, the lease or an empty text, its lifetime; then twelve for each count
 * (`countArguments`), of which the fifth to the eighth are the limit, the amount to count, the amount to reserve, and
 * the use that is ahead. Returns 1 if there was room for all, 0 if not, -1 if the server is in another period; then
 * its time; then, for each count, what the previous and the current period have counted, and what is reserved.
 */
export const takeScript = `${common}
local n, lease, lasts = num(1), ARGV[2], num(3)
if misses(n, 4) then return { -1, now } end
local answer, passed, k = { 1, now }, true, 1
for i = 0, n - 1 do
  local at = 4 + i * 12
  local previous, current, holding = before(k, at), counted(k, at), held(k, at)
  table.insert(answer, previous)
  table.insert(answer, current)
  table.insert(answer, holding)
  local by, holds = num(at + 5), num(at + 6)
  local is_held = holds > 0 and redis.call('HEXISTS', KEYS[k + 4], lease .. '\\n' .. ARGV[at + 9]) == 1
  if not is_held then
    local room = num(at + 4) - current - holding - num(at + 7)
    if ARGV[at + 3] == '1' then
      local length = num(at + 2) - num(at + 1)
      room = (room * length - previous * (num(at + 2) - now)) / length
    end
    if math.floor(room) < math.max(1, by, holds) then passed = false end
  end
  k = k + width(at)
end
if not passed then
  answer[1] = 0
  return answer
end
k = 1
for i = 0, n - 1 do
  local at = 4 + i * 12
  local by, holds = num(at + 5), num(at + 6)
  if by > 0 then answer[4 + i * 3] = add(k, at, by) end
  if holds > 0 then
    local entry = lease .. '\\n' .. ARGV[at + 9]
    if redis.call('HSETNX', KEYS[k + 4], entry, text(holds)) == 1 then
      redis.call('HINCRBY', KEYS[k + 3], ARGV[at + 9], text(holds))
      redis.call('ZADD', KEYS[k + 5], text(now + lasts), entry)
      for key = k + 3, k + 5 do
        if redis.call('PTTL', KEYS[key]) < lasts + 60000 then redis.call('PEXPIRE', KEYS[key], text(lasts + 60000)) end
      end
    end
  end
  k = k + width(at)
end
return answer
`

/**
 * Counts, and releases what a lease reserves of the same counts.
 *
 * The first key is the mark that this was done, or any key without one. Arguments: the number of counts, the lease or
 * an empty text, the lifetime of the mark or 0 for none; then twelve for each count, of which the sixth is the amount
 * to count; then the readable form of each count of money. Returns 1, or 0 if it was done before, or -1 if the server
 * is in another period; then its time.
 */
export const settleScript = `${common}
local n, lease, lasts = num(1), ARGV[2], num(3)
if misses(n, 4) then return { -1, now } end
if lasts > 0 and not redis.call('SET', KEYS[1], '1', 'NX', 'PX', text(lasts)) then return { 0, now } end
local k, shown = 2, 4 + n * 12
for i = 0, n - 1 do
  local at = 4 + i * 12
  if ARGV[at] == 'm' and lease ~= '' then free(k, lease .. '\\n' .. ARGV[at + 9]) end
  local by = num(at + 5)
  if by > 0 then
    add(k, at, by)
    if ARGV[at] == 'm' and redis.call('ZSCORE', KEYS[k], ARGV[at + 9]) then
      if redis.call('HSETNX', KEYS[k + 2], ARGV[at + 9], ARGV[shown + i]) == 1 then
        if redis.call('PTTL', KEYS[k + 2]) < 0 then redis.call('PEXPIRE', KEYS[k + 2], text(num(at + 8))) end
      end
    end
  end
  k = k + width(at)
end
return { 1, now }
`

/**
 * Lists what a rule's partitions have spent, the most first.
 *
 * Keys: the sorted sets of the current and the previous period, and their hashes. Arguments: the share of the
 * previous period that counts, and the most to list. Returns the number of partitions, and for each its name, what it
 * spent in the previous and the current period, and its readable form, if there is one.
 */
export const listScript = `
local carried, most = tonumber(ARGV[1]), tonumber(ARGV[2])
local sums, names = {}, {}
local function gather(key, place)
  local found = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
  for i = 1, #found, 2 do
    local name = found[i]
    if not sums[name] then
      sums[name] = { 0, 0 }
      table.insert(names, name)
    end
    sums[name][place] = tonumber(found[i + 1])
  end
end
gather(KEYS[1], 2)
if carried > 0 then gather(KEYS[2], 1) end
local function weight(name) return sums[name][2] + carried * sums[name][1] end
table.sort(names, function(a, b)
  local x, y = weight(a), weight(b)
  if x == y then return a < b end
  return x > y
end)
local answer = { #names }
for i = 1, math.min(most, #names) do
  local name = names[i]
  table.insert(answer, name)
  table.insert(answer, sums[name][1])
  table.insert(answer, sums[name][2])
  table.insert(answer, redis.call('HGET', KEYS[3], name) or redis.call('HGET', KEYS[4], name) or '')
end
return answer
`
