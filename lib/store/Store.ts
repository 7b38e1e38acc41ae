/**
 * State that outlives a request: counts of limits, bytes of cached answers.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Awaitable } from "../time/awaitable.ts"
import { type PlainClock, plainClock } from "../time/clock.ts"
import type { SpendQuery, SpentPage } from "./counter.ts"
import { countingStore } from "./counting-store.ts"
import type { Charge, Counted, Lease, Take, Taken } from "./counted.ts"
import { type Guarantees, guaranteesAmong } from "./guarantee.ts"
import { makeMemory, type MemoryOptions } from "./memory.ts"
import type { StoreOutage } from "./store-outage.ts"

/** The state of a store that outlives the process. */
export interface StoreHealth {
  readonly healthy: boolean
  /** Whether it ever was healthy. */
  readonly hasWorked: boolean
}

/** Figures of a store across a network since the start. */
export interface StoreFigures {
  /** Whether the last operation was answered. */
  readonly healthy: boolean
  /** Operations without an answer, by reason. */
  readonly outages: ReadonlyMap<string, number>
  /** Charges that wait until it is available. */
  readonly owed: number
}

/**
 * What `Store` does. A store in memory returns values, one across a network returns promises, which must not reject.
 * Windows follow the store's own clock, which all of its users share.
 */
export interface StoreShape {
  readonly guarantees: Guarantees
  /** The store's time as far as it is known, in milliseconds since 1970. */
  readonly now: () => number
  /**
   * Takes from several counts, or from none, in one round trip.
   *
   * @param lease under which reservations are settled; a second take under the same lease reserves nothing more
   */
  readonly take: (takes: ReadonlyArray<Take>, lease?: Lease) => Awaitable<Taken | StoreOutage>
  /**
   * Counts charges in the current windows. Charges that an engine across a network did not accept are sent again
   * later: money always, other counts only if they were certainly not counted.
   */
  readonly charge: (charges: ReadonlyArray<Charge>) => Awaitable<void>
  /**
   * Counts what the holder of a lease has used, and releases what the lease reserves of these counts. Takes effect
   * once for each lease, however often it is called, even after the lease has expired. Charges of 0 cancel the lease.
   */
  readonly settle: (lease: string, charges: ReadonlyArray<Charge>) => Awaitable<void>
  /** Reads counts; `passed` has no meaning here. */
  readonly peek: (counted: ReadonlyArray<Counted>) => Awaitable<Taken | StoreOutage>
  /** Lists counts of money, if the store can; without a list, only the total of a rule can be shown. */
  readonly spent?: (query: SpendQuery) => Awaitable<SpentPage>
  /** The bytes stored under a key, unless they have expired or were evicted. The caller must not change them. */
  readonly get: (key: string) => Awaitable<Uint8Array<ArrayBuffer> | undefined>
  /** Stores bytes for `ttl` milliseconds at most, and takes ownership of them. */
  readonly set: (key: string, value: Uint8Array<ArrayBuffer>, ttl: number) => Awaitable<void>
  /**
   * Whether this is the first call with a key within `ttl` milliseconds, among all users of the store. While the
   * store is unavailable, among those of this process: work may then be done once in each process, rather than in
   * none.
   */
  readonly once: (key: string, ttl: number) => Awaitable<boolean>
  /** Whether a store across a network executes calls in order, so that a charge counts for the next take. */
  readonly inOrder?: boolean
  /** The store that this process uses while the store is unavailable; it starts from what was last known. */
  readonly local?: StoreShape
  /** Only for a store outside the process. */
  readonly health?: () => Awaitable<StoreHealth>
  /** Only for a store across a network. */
  readonly figures?: () => StoreFigures
}

const StoreKey: Context.ServiceClass<Store, "basegate/store/Store", StoreShape> = Context.Service<
  Store,
  StoreShape
>()("basegate/store/Store")

/**
 * Keeps counts, and bytes by key.
 *
 * Keys contain nothing secret: they are ids from the settings, or digests of what a caller chose.
 */
export class Store extends StoreKey {
  /** In memory, bounded; lost when the process ends. Answers at once. */
  static readonly layerMemory = (options?: MemoryOptions): Layer.Layer<Store> =>
    Layer.effect(Store, Effect.map(plainClock, (clock) => storeInMemory(clock, options)))
}

/** The store of `Store.layerMemory`. */
export const storeInMemory = (clock: PlainClock, options: MemoryOptions = {}): StoreShape => {
  const memory = makeMemory(options)
  const { among = "process" } = options
  return {
    ...countingStore(memory, clock),
    guarantees: guaranteesAmong(among),
    now: clock.wall,
    get: (key) => memory.get(key, clock.now()),
    set: (key, value, ttl) => memory.set(key, value, ttl, clock.now()),
    once: (key, ttl) => memory.once(key, ttl, clock.now()),
  }
}
