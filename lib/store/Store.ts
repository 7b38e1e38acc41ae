/**
 * State that outlives a request: counters of limits, bytes of cached answers.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Awaitable } from "../time/awaitable.ts"
import { type PlainClock, plainClock } from "../time/clock.ts"
import type { Addition, SpendQuery, SpentPage } from "./addition.ts"
import { makeMemory, type Memory, type MemoryOptions } from "./memory.ts"

/** How far counts hold: within one process (on Workers: one isolate), or across all that share the store. */
export type Guarantee = "local" | "global"

/** How a store that is to outlive the process does. */
export interface StoreHealth {
  readonly healthy: boolean
  /** Whether it ever was. */
  readonly hasWorked: boolean
}

/**
 * What `Store` does. An engine in memory returns values at once, one across a network returns promises, which must not
 * reject.
 */
export interface StoreShape {
  readonly guarantee: Guarantee
  /**
   * Makes additions, and returns the sum of each counter after its own; 0 for one that is only read and does not exist, or
   * has expired. Each addition is atomic: of two at once, one sees the other. Together they need not be, so that an
   * engine across a network can do all of them in one round trip.
   */
  readonly add: (additions: ReadonlyArray<Addition>) => Awaitable<ReadonlyArray<number>>
  /** Lists counters of money, as far as the store can: what has no list is shown for all of a rule at most. */
  readonly spent?: (query: SpendQuery) => Awaitable<SpentPage>
  /** The bytes under a key, unless they have expired or were evicted. The caller must not change them. */
  readonly get: (key: string) => Awaitable<Uint8Array<ArrayBuffer> | undefined>
  /** Stores bytes for `ttl` milliseconds at most, and takes ownership of them. */
  readonly set: (key: string, value: Uint8Array<ArrayBuffer>, ttl: number) => Awaitable<void>
  /** Given by a store that keeps something in a file. */
  readonly health?: () => StoreHealth
}

const StoreKey: Context.ServiceClass<Store, "basegate/store/Store", StoreShape> = Context.Service<
  Store,
  StoreShape
>()("basegate/store/Store")

/**
 * Counters and bytes by key.
 *
 * Keys are harmless by the time they get here: ids from the settings, or digests of what a caller chose. No method fails:
 * a store that cannot be reached must decide itself what it returns, and document that.
 */
export class Store extends StoreKey {
  /** In memory, bounded; lost when the process ends. Answers at once. */
  static readonly layerMemory = (options?: MemoryOptions): Layer.Layer<Store> =>
    Layer.effect(Store, Effect.map(plainClock, (clock) => storeInMemory(clock, options)))
}

/** The store of `Store.layerMemory`. */
export const storeInMemory = (clock: PlainClock, options?: MemoryOptions): StoreShape =>
  storeOver(makeMemory(options), clock)

/** A memory as a store. */
export const storeOver = (memory: Memory, { now, wall }: PlainClock): StoreShape => {
  return {
    guarantee: "local",
    // Counters belong to windows of the wall clock, and must last as long as those do.
    add: (additions) => memory.add(additions, wall()),
    spent: (query) => memory.spent(query, wall()),
    get: (key) => memory.get(key, now()),
    set: (key, value, ttl) => memory.set(key, value, ttl, now()),
  }
}
