/**
 * What limits do while the store is unavailable.
 *
 * @module
 */
import * as Result from "effect/Result"
import type { OnStoreOutage } from "../config/limit-rules.ts"
import type { GatewayError } from "../errors.ts"
import { limitsUnavailable } from "../errors/limit-errors.ts"
import type { Counted, Lease, Take, Taken } from "../store/counted.ts"
import type { Guarantees } from "../store/guarantee.ts"
import type { StoreShape } from "../store/Store.ts"
import { StoreOutage } from "../store/store-outage.ts"
import { type Awaitable, whenReady } from "../time/awaitable.ts"

/** The store's answer to some takes, and how far it can be relied on. */
export interface Admission {
  /** `undefined` if calls pass uncounted. */
  readonly taken: Taken | undefined
  readonly guarantees: Guarantees
}

/** Why limits refuse a call, and the counters of such refusals. */
export interface Refusal {
  readonly error: GatewayError
  readonly counted: ReadonlyArray<Counted>
}

/** Takes from a store; while it is unavailable, follows the gateway's policy. */
export const takeFrom = (
  store: StoreShape,
  policy: OnStoreOutage,
  takes: ReadonlyArray<Take>,
  lease: Lease | undefined,
): Awaitable<Result.Result<Admission, GatewayError>> => {
  const { guarantees } = store
  return whenReady(store.take(takes, lease), (taken) => {
    if (!(taken instanceof StoreOutage)) return Result.succeed({ taken, guarantees })
    if (policy === "refuse") return Result.fail(limitsUnavailable())
    if (policy === "allow" || store.local === undefined) {
      return Result.succeed({ taken: undefined, guarantees })
    }
    return takeFrom(store.local, "allow", takes, lease)
  })
}

const nothing = { previous: 0, current: 0, held: 0 }

/** Reads counts; while the store is unavailable, those known to this process. */
export const readFrom = (store: StoreShape, counted: ReadonlyArray<Counted>): Awaitable<Taken> =>
  whenReady(store.peek(counted), (taken) => {
    if (!(taken instanceof StoreOutage)) return taken
    return store.local === undefined
      ? { passed: false, now: store.now(), uses: counted.map(() => nothing) }
      : readFrom(store.local, counted)
  })
