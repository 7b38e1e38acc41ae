/**
 * The store in memory whose counters of money are in the gateway's SQLite file.
 *
 * They are stored, rather than summed up from the log at the start, because the log may be switched off, bounded or
 * younger than a period, and does not say which rules a call was charged to.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { OpenDatabase } from "../../sqlite/database.ts"
import { type PlainClock, plainClock } from "../../time/clock.ts"
import { Timer } from "../../time/Timer.ts"
import { warn } from "../../sqlite/warn.ts"
import type { Addition } from "../counter.ts"
import { type Counters, countingStore, type Leases } from "../counting-store.ts"
import { guaranteesOfFile } from "../guarantee.ts"
import { type Holds, makeHolds } from "../holds.ts"
import { makeMemory, type MemoryOptions, mostCounters } from "../memory.ts"
import { largestShared } from "../remote-values.ts"
import { Store, type StoreShape } from "../Store.ts"
import { makeSpendFile, type SpendFile } from "./spend-file.ts"
import { isMoney, openSpendTable } from "./spend-table.ts"

/** How long additions wait that a locked file did not accept, in milliseconds. */
const retryAfter = 100

/** The store, its counters, and a way to end it. */
export interface SqliteStore {
  readonly store: StoreShape
  readonly counters: Counters
  readonly end: () => void
}

/** Bounds of the store, and whether other processes share a port, and therefore rates, with this one. */
export interface SqliteStoreOptions extends MemoryOptions {
  readonly shares?: boolean
}

/**
 * The store of a file, which is opened when the first counter of money is used: gateways without budgets pay nothing.
 *
 * @param find returns SQLite if the runtime has it
 */
export const makeSqliteStore = (
  find: () => OpenDatabase | undefined,
  name: string,
  clock: PlainClock,
  later: (retry: () => void) => void,
  options: SqliteStoreOptions = {},
): SqliteStore => {
  const memory = makeMemory(options)
  const { maxCounters: most = mostCounters, shares = false } = options
  const isInFile = (addition: Addition): boolean => shares || isMoney(addition)
  let file: SpendFile | undefined
  let hasLooked = false
  const fileFound = (): SpendFile | undefined => {
    if (hasLooked) return file
    hasLooked = true
    const open = find()
    if (open === undefined) {
      warn(
        "spending is kept in memory: this Node has no SQLite; use Node 22.13 or later for BASEGATE_DB",
      )
    } else file = makeSpendFile(open, name, memory, most, clock.wall, later, shares)
    return file
  }
  const counters: Counters = {
    add: (additions, now) => {
      const kept = additions.filter(isInFile)
      const found = kept.length === 0 ? undefined : fileFound()
      if (found === undefined) return memory.add(additions, now)
      const sums = found.add(kept)
      if (kept.length === additions.length) return sums
      const others = memory.add(additions.filter((each) => !isInFile(each)), now)
      let [ofFile, ofOthers] = [0, 0]
      return additions.map((each) => (isInFile(each) ? sums[ofFile++] : others[ofOthers++]) ?? 0)
    },
    spent: (query, now) => fileFound()?.spent(query) ?? memory.spent(query, now),
  }
  const inMemory = makeHolds()
  const holdsHere = (): Holds => fileFound()?.holds ?? inMemory
  const leases: Leases = {
    always: shares,
    holds: {
      sum: (count, now) => holdsHere().sum(count, now),
      hold: (...all) => holdsHere().hold(...all),
      has: (count, lease) => holdsHere().has(count, lease),
      free: (count, lease) => holdsHere().free(count, lease),
      settles: (lease, now) => holdsHere().settles(lease, now),
    },
    exclusively: (run) => {
      const found = fileFound()
      return found === undefined ? run() : found.exclusively(run)
    },
  }
  return {
    counters,
    store: {
      ...countingStore(counters, clock, leases),
      guarantees: guaranteesOfFile(shares),
      now: clock.wall,
      // Only values that the file did not store are in memory.
      get: (key) => memory.get(key, clock.now()) ?? (shares ? fileFound()?.get(key) : undefined),
      set: (key, value, ttl) => {
        const isInFile = shares && value.byteLength <= largestShared &&
          fileFound()?.set(key, value, ttl) === true
        if (!isInFile) memory.set(key, value, ttl, clock.now())
      },
      once: (key, ttl) => fileFound()?.once(key, ttl) ?? memory.once(key, ttl, clock.now()),
      health: () => file?.health() ?? { healthy: true, hasWorked: true },
    },
    end: () => file?.end(),
  }
}

/**
 * Creates the tables before several processes use the file at once: one that found it locked would count alone.
 * Throws if the file cannot be used.
 */
export const prepareSharedFile = (open: OpenDatabase, file: string): void => {
  const database = open(file)
  try {
    openSpendTable(database, mostCounters, true)
  } finally {
    database.close()
  }
}

/** The same as a layer. */
export const layerSqliteStore = (
  find: () => OpenDatabase | undefined,
  name: string,
  options?: SqliteStoreOptions,
): Layer.Layer<Store> =>
  Layer.effect(
    Store,
    Effect.gen(function* () {
      const startTimer = yield* Timer
      let cancel = (): void => {}
      const later = (retry: () => void): void => {
        cancel = startTimer(retryAfter, retry)
      }
      const { store, end } = makeSqliteStore(find, name, yield* plainClock, later, options)
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => {
          cancel()
          end()
        })
      )
      return store
    }),
  )
