/**
 * The counts of a store in Postgres.
 *
 * @module
 */
import { type PostgresDatabase, PostgresProblem, type Value } from "../../postgres/database.ts"
import { keepable } from "../../postgres/statement-values.ts"
import type { Counted, Take, WindowUse } from "../counted.ts"
import type { Engine } from "../engine.ts"
import { makeServerClock } from "../server-clock.ts"
import { counterTtl } from "../windows.ts"
import { functionVersion, listSpent, markOnce, sweeps, sweptAtOnce } from "./functions.ts"
import { prepareCounts } from "./schema.ts"

/** How long marks of settled charges are kept, in milliseconds: longer than any retry. */
const markedFor = 600_000

/** How often expired rows are deleted, in milliseconds. */
const sweptEvery = 60_000

/** The most batches of expired rows that are deleted in a row. */
const mostRounds = 50

const take =
  `SELECT basegate.take_${functionVersion}($1::text::json, $2::text[]::int[], $3::text, $4::text::bigint) AS answer`
const settle =
  `SELECT basegate.settle_${functionVersion}($1::text::json, $2::text[]::int[], $3::text, $4::text, $5::text::bigint) AS answer`

/** A count as the functions receive it. */
const countIn = (
  { count: { gateway, name, overflow = name, spend }, window }: Counted,
  { by, holds, ahead }: Omit<Take, "counted">,
  now: number,
  shown: string | undefined,
) => {
  const { id, start, end } = window.periods.at(now)
  return {
    gateway: keepable(gateway),
    rule: keepable(spend?.rule ?? ""),
    name: keepable(name),
    overflow: keepable(spend === undefined ? name : overflow),
    period: id,
    begins: Math.round(start),
    ends: Math.round(end),
    slides: window.technique === "sliding",
    most: window.limit,
    takes: Math.round(by),
    holds: Math.round(holds),
    ahead: Math.round(ahead),
    ttl: Math.round(counterTtl(window, now)),
    shown,
  }
}

/** A 32-bit number by which a rule is locked (FNV-1a); two rules may share one. */
const lockKey = ({ gateway, name, spend }: Counted["count"]): number => {
  let hash = 0x811c9dc5
  for (const unit of new TextEncoder().encode(`${gateway}\n${spend?.rule ?? name}`)) {
    hash = Math.imul(hash ^ unit, 0x01000193)
  }
  return hash | 0
}

/** Sorted, so that transactions do not deadlock. */
const lockKeys = (all: ReadonlyArray<{ readonly counted: Counted }>): ReadonlyArray<string> =>
  [...new Set(all.map(({ counted }) => lockKey(counted.count)))].sort((one, other) => one - other).map(String)

/** Describes an error of the server, after which nothing was counted. */
const refusal = (cause: unknown): string | undefined =>
  cause instanceof PostgresProblem && cause.code !== undefined && !/^(?:08|57P)/.test(cause.code)
    ? `${cause.code}: ${cause.message}`.slice(0, 200)
    : undefined

/**
 * The engine over a database, which must run statements in the order of the calls.
 *
 * @param name of the database, in readable form
 * @param wall this process's clock
 */
export const makePostgresCounts = (
  database: PostgresDatabase,
  name: string,
  wall: () => number,
): Engine => {
  const { now, within } = makeServerClock(wall, (what) => new PostgresProblem(what))
  let ready: Promise<void> | undefined
  let sweptAt = performance.now()

  /** Creates the tables at the first use, or again if the database has lost them. */
  const prepared = (): Promise<void> => {
    const preparing = ready ??= prepareCounts(database)
    preparing.catch(() => ready = undefined)
    return preparing
  }
  const query: PostgresDatabase["query"] = async (sql, values) => {
    await prepared()
    try {
      return await database.query(sql, values)
    } catch (cause) {
      if (cause instanceof PostgresProblem && /^(?:42|3F)/.test(cause.code ?? "")) ready = undefined
      throw cause
    }
  }
  const sweepAll = async (): Promise<void> => {
    for (const statement of sweeps) {
      for (let gone = sweptAtOnce, rounds = 0; gone === sweptAtOnce && rounds < mostRounds; rounds++) {
        gone = Number((await database.query(statement))[0]?.["gone"])
      }
    }
  }
  const sweep = (): void => {
    if (performance.now() < sweptAt + sweptEvery) return
    sweptAt = performance.now()
    void sweepAll().catch(() => {})
  }
  const numbers = async (sql: string, values: ReadonlyArray<Value>): Promise<ReadonlyArray<number>> => {
    const [row] = await query(sql, values)
    return JSON.parse(String(row?.["answer"])) as ReadonlyArray<number>
  }

  return {
    name,
    inOrder: true,
    now,
    take: async (takes, lease) => {
      const [code, time = 0, ...found] = await within((now) =>
        numbers(take, [
          JSON.stringify(takes.map((each) => countIn(each.counted, each, now, undefined))),
          lockKeys(takes.filter(({ by, holds }) => by > 0 || holds > 0)),
          lease?.id ?? "",
          String(Math.round(lease?.ttl ?? 0)),
        ])
      )
      const uses: Array<WindowUse> = takes.map((_, index) => ({
        previous: found[3 * index] ?? 0,
        current: found[3 * index + 1] ?? 0,
        held: found[3 * index + 2] ?? 0,
      }))
      sweep()
      return { passed: code === 1, now: time, uses }
    },
    settle: async (mark, lease, charges) => {
      const [first] = charges
      if (first === undefined) return
      const { gateway } = first.counted.count
      await within((now) =>
        numbers(settle, [
          JSON.stringify(charges.map(({ counted, by }) => {
            const { spend } = counted.count
            const shown = spend && JSON.stringify(spend.partition())
            return countIn(counted, { by, holds: 0, ahead: 0 }, now, shown)
          })),
          lockKeys(charges),
          lease,
          keepable(`${gateway}:${mark}`),
          mark === "" ? "0" : String(markedFor),
        ])
      )
      sweep()
    },
    list: async ({ gateway, rule, period, carried, most }) => {
      const rows = await query(listSpent, [
        keepable(gateway),
        keepable(rule),
        String(period),
        String(carried),
        String(most),
      ])
      return {
        total: Number(rows[0]?.["total"] ?? 0),
        spent: rows.map(({ before, current, shown }) => ({
          partition: typeof shown === "string" ? JSON.parse(shown) as ReadonlyArray<string> : undefined,
          previous: Number(before),
          current: Number(current),
        })),
      }
    },
    once: async (key, ttl) =>
      (await query(markOnce, [keepable(key), String(Math.max(1, Math.round(ttl)))])).length > 0,
    ping: () => query("SELECT 1 AS up"),
    refusal,
    reset: database.reset,
    close: () => void database.close(),
  }
}
