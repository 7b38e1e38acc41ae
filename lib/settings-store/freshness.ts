/**
 * When to ask a store that cannot report other writers for a newer document.
 *
 * On Workers no request may wait for what another has begun, nor count on its end: each that has to wait asks by itself, and
 * a request that asks is taken to do so for a while, not until it is done.
 *
 * @module
 */
import * as Result from "effect/Result"
import type { Awaitable } from "../time/awaitable.ts"
import type { SettingsStoreShape } from "./SettingsStore.ts"
import type { Obstacle } from "./WrittenSettings.ts"

/** What is known of the store. */
export interface FreshnessOptions {
  readonly lifetime: NonNullable<SettingsStoreShape["lifetime"]>
  /** Milliseconds of a clock that is not set back. */
  readonly now: () => number
  /** Puts in force what is newer. */
  readonly load: () => Promise<Result.Result<unknown, unknown>>
  /** Why nothing can be served where nothing was ever in force. */
  readonly whyNothing: () => string
}

/** Whether requests can be answered; asks the store in time. */
export interface Freshness {
  readonly obstacle: (waitUntil: ((work: Promise<unknown>) => void) | undefined) => Awaitable<Obstacle>
  readonly problem: () => Obstacle
  /** What was loaded otherwise has been put in force. */
  readonly loaded: () => void
}

/** Nothing was asked yet. */
export const makeFreshness = ({ lifetime, now, load, whyNothing }: FreshnessOptions): Freshness => {
  /** When that was asked for which holds, or when the last question failed. */
  let freshAt = -Infinity
  let askedAt = -Infinity
  let hasLoaded = false
  let problem: Obstacle
  const loaded = (): void => {
    hasLoaded = true
    problem = undefined
  }
  const renew = async (): Promise<Obstacle> => {
    const began = now()
    askedAt = began
    if (Result.isSuccess(await load())) {
      freshAt = Math.max(freshAt, began)
      loaded()
    } else {
      freshAt = Math.max(freshAt, now())
      if (!hasLoaded) problem = whyNothing()
    }
    return problem
  }
  return {
    obstacle: (waitUntil) => {
      const age = now() - freshAt
      if (age < lifetime.renew) return problem
      if (age >= lifetime.expire || waitUntil === undefined) return renew()
      if (now() - askedAt >= lifetime.renew) waitUntil(renew())
      return problem
    },
    problem: () => problem,
    loaded,
  }
}
