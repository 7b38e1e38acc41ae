/**
 * The counts of a store as commands for Redis.
 *
 * @module
 */
import type { Spent, SpentPage } from "../counter.ts"
import type { Counted, Take, WindowUse } from "../counted.ts"
import type { EngineCounts } from "../engine.ts"
import { makeServerClock } from "../server-clock.ts"
import { counterTtl } from "../windows.ts"
import { RedisError, type RedisLink, type Reply } from "./redis-link.ts"
import { runner } from "./run-script.ts"
import { listScript, settleScript, takeScript } from "./scripts.ts"

/** The most partitions of a rule that have counts of their own in a period. */
const mostPartitions = 10_000

/** How long marks of settled charges are kept, in milliseconds: longer than any retry. */
const markedFor = 600_000

const keyOf = (gateway: string, kind: string, rest: string): string => `basegate:{${gateway}}:${kind}:${rest}`

const addKeys = (
  { count: { gateway, name, spend }, window }: Counted,
  now: number,
  keys: Array<string>,
): void => {
  const { id } = window.periods.at(now)
  if (spend === undefined) {
    keys.push(keyOf(gateway, "r", `${name}:${id}`), keyOf(gateway, "r", `${name}:${id - 1}`))
    return
  }
  const { rule } = spend
  keys.push(
    keyOf(gateway, "m", `${rule}:${id}`),
    keyOf(gateway, "m", `${rule}:${id - 1}`),
    keyOf(gateway, "shown", `${rule}:${id}`),
    keyOf(gateway, "held", rule),
    keyOf(gateway, "holds", rule),
    keyOf(gateway, "ends", rule),
  )
}

const whole = (number: number): string => String(Math.round(number))

/** The arguments of the scripts that every count begins with. */
const addArguments = (
  { count: { name, overflow = name, spend }, window }: Counted,
  { by, holds, ahead }: Omit<Take, "counted">,
  now: number,
  into: Array<string>,
): void => {
  const { start, end } = window.periods.at(now)
  into.push(
    spend === undefined ? "r" : "m",
    whole(start),
    whole(end),
    window.technique === "sliding" ? "1" : "0",
    whole(window.limit),
    whole(by),
    whole(holds),
    whole(ahead),
    whole(counterTtl(window, now)),
    name,
    overflow,
    String(mostPartitions),
  )
}

const numbersIn = (reply: Reply): ReadonlyArray<number> => {
  if (!Array.isArray(reply)) throw new RedisError("a script's answer is not a list")
  return reply.map(Number)
}

/** Parses the list script's answer: for each partition its name, two sums, and its readable form. */
const spentIn = (reply: Reply): SpentPage => {
  const [total = 0, ...rest] = Array.isArray(reply) ? reply as ReadonlyArray<Reply> : []
  const spent: Array<Spent> = []
  for (let at = 0; at + 3 < rest.length; at += 4) {
    const shown = String(rest[at + 3] ?? "")
    spent.push({
      partition: shown === "" ? undefined : JSON.parse(shown) as ReadonlyArray<string>,
      previous: Number(rest[at + 1]),
      current: Number(rest[at + 2]),
    })
  }
  return { total: Number(total), spent }
}

/**
 * Implements counts over a link.
 *
 * @param wall this process's clock; each answer tells its offset from the server's
 */
export const makeRedisCounts = (link: RedisLink, wall: () => number): EngineCounts => {
  const [runTake, runSettle, runList] = [takeScript, settleScript, listScript].map((script) =>
    runner(link, script)
  ) as [ReturnType<typeof runner>, ReturnType<typeof runner>, ReturnType<typeof runner>]
  const { now, within } = makeServerClock(wall, (what) => new RedisError(what))

  return {
    now,
    take: async (takes, lease) => {
      const numbers = await within(async (now) => {
        const keys: Array<string> = []
        const rest = [String(takes.length), lease?.id ?? "", whole(lease?.ttl ?? 0)]
        for (const take of takes) {
          addKeys(take.counted, now, keys)
          addArguments(take.counted, take, now, rest)
        }
        return numbersIn(await runTake(keys, rest))
      })
      const [code, time = 0] = numbers
      const uses: Array<WindowUse> = takes.map((_, index) => ({
        previous: numbers[2 + 3 * index] ?? 0,
        current: numbers[3 + 3 * index] ?? 0,
        held: numbers[4 + 3 * index] ?? 0,
      }))
      return { passed: code === 1, now: time, uses }
    },
    settle: async (mark, lease, charges) => {
      const [first] = charges
      if (first === undefined) return
      await within(async (now) => {
        const keys = [keyOf(first.counted.count.gateway, "done", mark)]
        const rest = [String(charges.length), lease, mark === "" ? "0" : String(markedFor)]
        for (const { counted, by } of charges) {
          addKeys(counted, now, keys)
          addArguments(counted, { by, holds: 0, ahead: 0 }, now, rest)
        }
        for (const { counted: { count } } of charges) {
          rest.push(JSON.stringify(count.spend?.partition() ?? []))
        }
        return numbersIn(await runSettle(keys, rest))
      })
    },
    list: async ({ gateway, rule, period, carried, most }) => {
      const keys = ["m", "shown"].flatMap((kind) =>
        [period, period - 1].map((id) => keyOf(gateway, kind, `${rule}:${id}`))
      )
      return spentIn(await runList(keys, [String(carried), String(most)]))
    },
    once: async (name, ttl) => {
      const key = `basegate:once:${name}`
      return await link.send(["SET", key, "1", "NX", "PX", whole(Math.max(1, ttl))], key) !== null
    },
  }
}
