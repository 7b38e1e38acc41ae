/**
 * When to reload the document of a store that cannot report other writers.
 *
 * On Workers a request may neither wait for another's load nor rely on its completion: each request that has to wait
 * loads for itself, and a load counts as pending for a fixed time, not until it is done.
 *
 * @module
 */
import * as Result from "effect/Result"
import type { Awaitable } from "../time/awaitable.ts"
import type { SettingsStoreShape } from "./SettingsStore.ts"
import type { Obstacle } from "./WrittenSettings.ts"

/** What the store provides. */
export interface FreshnessOptions {
  readonly lifetime: NonNullable<SettingsStoreShape["lifetime"]>
  /** Milliseconds of a clock that is not set back. */
  readonly now: () => number
  /** Loads the newest document and puts it in force. */
  readonly load: () => Promise<Result.Result<unknown, unknown>>
  /** Why no request can be served if no document was ever in force. */
  readonly whyNothing: () => string
}

/** Says whether requests can be answered, and reloads in time. */
export interface Freshness {
  readonly obstacle: (waitUntil: ((work: Promise<unknown>) => void) | undefined) => Awaitable<Obstacle>
  readonly problem: () => Obstacle
  /** Must be called when a document was loaded some other way. */
  readonly loaded: () => void
}

/** Creates it for a store that was not read yet. */
export const makeFreshness = ({ lifetime, now, load, whyNothing }: FreshnessOptions): Freshness => {
  /** When the load of the current document began, or when the last load failed. */
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
