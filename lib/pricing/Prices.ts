/**
 * What a token of each Model API costs, according to Baseten's own list.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import { Settings } from "../config/Settings.ts"
import { monotonicBy } from "../time/monotonic.ts"
import type { Price } from "./price.ts"
import { effectOf } from "../time/effect-of.ts"
import { decodeSharedList, encodeSharedList, sharedListKey } from "./shared-list.ts"
import { Store } from "../store/Store.ts"
import { staticPriceOf, staticPricesDate } from "./static-prices.ts"
import { Transport } from "../upstream/Transport.ts"
import { fetchPrices } from "./fetch-prices.ts"
import type { PriceList } from "./model-prices.ts"

/** How long a list is used before it is fetched again, in milliseconds. */
const age = 3_600_000

/** How long it takes after one was asked for until another is, unless that one came. */
const pause = 300_000

/** How long a list may take, and so how long an instance waits for the one that another is reading. */
const patience = 30_000

/** Prices: the newest list that Baseten gave, and for what is not on it those of one day (`static-prices.ts`). */
export class Prices extends Context.Service<Prices, {
  /** The price of a model by its exact slug; `undefined` if it is not known. */
  readonly priceOf: (model: string) => Price | undefined
  /** Whether `refreshIfDue` would ask for the list. */
  readonly isRefreshDue: () => boolean
  /**
   * Fetches Baseten's list, unless an instance that shares the store has within the hour, whose list is used then, or
   * this one failed to within five minutes. To be run after a response, which must not wait for it. Never fails: the
   * last good list stays in use.
   */
  readonly refreshIfDue: Effect.Effect<void>
}>()("basegate/pricing/Prices") {
  /**
   * From Model APIs, with the key that the operator stored for all gateways; a caller's key is never used for it.
   * Without one there is no list.
   *
   * A request sees by a time alone whether another one is fetching, and never waits for it: on Workers it would hang. A
   * fetch that was dropped with its request, as Workers do, is repeated after five minutes.
   */
  static readonly layer: Layer.Layer<Prices, never, Settings | Store | Transport> = Layer.effect(
    Prices,
    Effect.gen(function* () {
      const settings = yield* Settings
      const store = yield* Store
      const transport = yield* Transport
      const clock = yield* Clock.Clock
      let list: PriceList = new Map()
      let due = -Infinity
      /** Whether another instance was given the time to read the list. */
      let hasWaited = false
      let warned = false

      const use = (prices: PriceList, until: number): void => {
        list = prices
        due = until
        hasWaited = false
        warned = false
      }

      const refreshIfDue = Effect.gen(function* () {
        const { inferenceUrl, basetenKey: key } = settings
        const now = monotonicBy(clock)
        if (key === undefined || now < due) return
        due = now + pause
        const url = `${inferenceUrl}/v1/models`
        const name = sharedListKey(url)
        const bytes = yield* effectOf(() => store.get(name))
        const shared = bytes && decodeSharedList(bytes)
        const left = shared === undefined ? 0 : age - Math.max(0, store.now() - shared.readAt)
        if (shared !== undefined && left > 0) {
          use(shared.prices, now + left)
          return
        }
        if (!hasWaited && !(yield* effectOf(() => store.once(name, patience)))) {
          due = now + patience
          hasWaited = true
          return
        }
        hasWaited = false
        const given = yield* fetchPrices(transport, url, key).pipe(
          Effect.timeoutOrElse({
            duration: patience,
            orElse: () => Effect.succeed(Result.fail(`no list within ${patience / 1000} s`)),
          }),
        )
        if (Result.isFailure(given)) {
          if (!warned) {
            console.error(JSON.stringify({ level: "warn", msg: warning(list), error: given.failure }))
          }
          warned = true
          return
        }
        use(given.success.prices, now + age)
        yield* effectOf(() => store.set(name, encodeSharedList(given.success.models, store.now()), age))
      })
      return {
        priceOf: (model) => list.get(model) ?? staticPriceOf(model),
        isRefreshDue: () => settings.basetenKey !== undefined && monotonicBy(clock) >= due,
        refreshIfDue,
      }
    }),
  )
}

const warning = (list: PriceList): string =>
  `Baseten's prices could not be read: ${
    list.size === 0 ? `those of ${staticPricesDate}` : "the last ones"
  } serve on`
