/**
 * Spending, counted in the gateway's file, which several processes can share, and which outlives them.
 *
 * While the file cannot be used, counting goes on in memory from what was last known, and what is spent meanwhile is
 * added to the file once it can be used again.
 *
 * @module
 */
import { makeConnection } from "../../sqlite/connection.ts"
import type { OpenDatabase } from "../../sqlite/database.ts"
import { warn } from "../../sqlite/warn.ts"
import type { Addition, SpendQuery, SpentPage } from "../counter.ts"
import type { Leases } from "../counting-store.ts"
import { type Holds, makeHolds } from "../holds.ts"
import type { Memory } from "../memory.ts"
import type { StoreHealth } from "../Store.ts"
import { openSpendTable, type SpendTable } from "./spend-table.ts"

/** The counters of money: see `Store` for its methods. */
export interface SpendFile extends Leases {
  readonly add: (additions: ReadonlyArray<Addition>) => ReadonlyArray<number>
  readonly spent: (query: SpendQuery) => SpentPage
  readonly once: (key: string, ttl: number) => boolean
  /** `undefined` if the value is missing, or the file cannot be used. */
  readonly get: (key: string) => Uint8Array<ArrayBuffer> | undefined
  /** Returns whether the file has stored it. */
  readonly set: (key: string, value: Uint8Array<ArrayBuffer>, ttl: number) => boolean
  readonly health: () => StoreHealth
  /** Writes what is pending, and closes the file. */
  readonly end: () => void
}

/** An addition that the file still lacks. */
interface Owed {
  readonly addition: Addition
  readonly ends: number
  by: number
}

const notices = {
  failed: "spending is kept in memory until the file can be used",
  worked: "spending is written to the file again",
}

/**
 * Creates the counters. The file is opened when the first of them is used.
 *
 * @param memory counts while the file cannot be used
 * @param most the most counters of one gateway
 * @param wall milliseconds since 1970
 * @param later calls back soon, to try again
 * @param shares whether several processes always count in the file, rates as well
 */
export const makeSpendFile = (
  open: OpenDatabase,
  name: string,
  memory: Memory,
  most: number,
  wall: () => number,
  later: (retry: () => void) => void,
  shares: boolean,
): SpendFile => {
  const connection = makeConnection(open, name, (database) => openSpendTable(database, most, shares), notices)
  const owed = new Map<string, Owed>()
  let isDue = false

  const settle = (table: SpendTable, now: number): void => {
    if (owed.size === 0) return
    const due: Array<Addition> = []
    for (const { addition, by, ends } of owed.values()) {
      if (ends > now) due.push({ ...addition, by, ttl: ends - now })
    }
    table.add(due, now)
    owed.clear()
  }
  /** Runs something on the file; `undefined` if the file cannot be used. */
  const attempt = <A>(now: number, run: (table: SpendTable) => A): A | undefined => {
    const table = connection.file(now)
    if (table === undefined) return undefined
    try {
      settle(table, now)
      const result = run(table)
      connection.worked()
      return result
    } catch (cause) {
      connection.failed(cause, now)
      return undefined
    }
  }
  const retryLater = (): void => {
    if (isDue || owed.size === 0) return
    isDue = true
    later(() => {
      isDue = false
      attempt(wall(), () => {})
      retryLater()
    })
  }
  const owe = (addition: Addition, now: number): void => {
    const { counter: { gateway, key, overflow = key }, by, ttl } = addition
    const known = owed.get(`${gateway}\n${key}`)
    if (known !== undefined) {
      known.by += by
      return
    }
    const isFull = owed.size >= most && key !== overflow
    if (isFull) owe({ ...addition, counter: { ...addition.counter, key: overflow } }, now)
    else owed.set(`${gateway}\n${key}`, { addition, by, ends: now + ttl })
  }
  /** Keeps the file's counts in memory, for when it cannot be read. */
  const remember = (additions: ReadonlyArray<Addition>, sums: ReadonlyArray<number>, now: number): void => {
    const held = memory.add(additions.map((each) => ({ ...each, by: 0 })), now)
    const changes: Array<Addition> = []
    for (const [index, each] of additions.entries()) {
      const by = (sums[index] ?? 0) - (held[index] ?? 0)
      if (by !== 0) changes.push({ ...each, by })
    }
    if (changes.length > 0) memory.add(changes, now)
  }

  const inMemory = makeHolds()
  /** Uses the file, or the memory if the file cannot be used; the file never answers `undefined`. */
  const holding = <A>(use: (holds: Holds) => A): A =>
    attempt(wall(), ({ holds }) => use(holds)) ?? use(inMemory)

  return {
    holds: {
      sum: (count, now) => holding(({ sum }) => sum(count, now)),
      hold: (...all) => {
        holding(({ hold }) => {
          hold(...all)
          return true
        })
      },
      has: (count, lease) => holding(({ has }) => has(count, lease)),
      free: (count, lease) => {
        inMemory.free(count, lease)
        attempt(wall(), ({ holds }) => holds.free(count, lease))
      },
      settles: (lease, now) => holding(({ settles }) => settles(lease, now)),
    },
    exclusively: (run) => {
      const done = attempt(wall(), (table) => ({ result: table.exclusively(run) }))
      return done === undefined ? run() : done.result
    },
    add: (additions) => {
      const now = wall()
      const sums = attempt(now, (table) => table.add(additions, now))
      if (sums !== undefined) {
        remember(additions, sums, now)
        return sums
      }
      for (const each of additions) if (each.by !== 0) owe(each, now)
      retryLater()
      return memory.add(additions, now)
    },
    spent: (query) => {
      const now = wall()
      return attempt(now, (table) => table.list(query)) ?? memory.spent(query, now)
    },
    once: (key, ttl) => {
      const now = wall()
      const first = memory.once(key, ttl, now)
      return first && (attempt(now, (table) => table.once(key, ttl, now)) ?? true)
    },
    get: (key) => {
      const now = wall()
      return attempt(now, ({ values }) => values.get(key, now))
    },
    set: (key, value, ttl) => {
      const now = wall()
      return attempt(now, ({ values }) => {
        values.set(key, value, ttl, now)
        return true
      }) ?? false
    },
    health: () => ({ healthy: connection.failures() === 0, hasWorked: connection.hasOpened() }),
    end: () => {
      if (owed.size > 0) {
        const now = wall()
        connection.insist(now)
        attempt(now, () => {})
        if (owed.size > 0) {
          warn("spending is lost: its file cannot be used", { file: name, counters: owed.size })
        }
      }
      connection.end()
    },
  }
}
