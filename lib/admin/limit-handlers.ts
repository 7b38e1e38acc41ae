/**
 * The limits of a gateway, or of all gateways of an account, with their use.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import type { SettingsShape } from "../config/settings-shape.ts"
import type { GatewaySettings } from "../config/gateway-settings.ts"
import type { GatewayError } from "../errors.ts"
import { limitsOf } from "../limit/gateway-limits.ts"
import { type LimitState, listLimits } from "../limit/limit-list.ts"
import { Store } from "../store/Store.ts"
import type { AdminRoute } from "../route/admin-paths.ts"
import { columnsOf } from "./csv.ts"
import { envelope } from "./envelope.ts"
import { allAtOnce, exportOf } from "./export.ts"
import type { AskedFormat } from "./export-format.ts"
import { fileName } from "./log-export.ts"
import { openParameters } from "./query-parameters.ts"

/** The orders of limits; unknown values come last. */
const orders = {
  share: ({ share }: LimitState): number => -(share ?? -1),
  spent: ({ spent }: LimitState): number => -(spent ?? -1),
  runs_out_at: ({ runs_out_at }: LimitState): number =>
    runs_out_at === null ? Infinity : Date.parse(runs_out_at),
} as const

/** Ascending, also with Infinity, whose difference to itself is NaN. */
const compare = (one: number, other: number): number => one < other ? -1 : one > other ? 1 : 0

/** The most limits that are sorted, which bounds how far pages reach. */
const mostSorted = 10_000

/** The gateways of an account that have an entry, and the entry that all others share. */
export const gatewaysWithLimits = (
  settings: SettingsShape,
  account: string,
): ReadonlyArray<GatewaySettings> => {
  const found = settings.gatewaysOf(account).map((id) => settings.gateway(account, id))
  const shared = settings.gateway(account, "*")
  return [...found, shared].filter((gateway) => gateway !== undefined)
}

/**
 * Answers with a page of limits, the most used first; as CSV or NDJSON with all of them, unless a page is requested.
 */
export const showLimits = (
  gateways: ReadonlyArray<GatewaySettings>,
  { account, gateway }: Pick<AdminRoute, "account" | "gateway">,
  { format, search }: AskedFormat,
  hasBody: boolean,
): Effect.Effect<Response, GatewayError, Store> =>
  Effect.gen(function* () {
    const parameters = openParameters(search)
    const named = {
      page: parameters.integer("page", 1, mostSorted),
      perPage: parameters.integer("per_page", 1, 50),
    }
    const isWhole = format !== "json" && named.page === undefined && named.perPage === undefined
    const { page = 1, perPage = isWhole ? mostSorted : 20 } = named
    const kind = parameters.oneOf("kind", ["spend", "rate"])
    const rule = parameters.text("rule", 256)
    const order = orders[parameters.oneOf("order_by", ["share", "spent", "runs_out_at"]) ?? "share"]
    if (page * perPage > mostSorted) parameters.refuse(`page and per_page reach up to ${mostSorted} limits.`)
    const problem = parameters.problem()
    if (problem !== undefined) return yield* problem
    const store = yield* Store
    const now = store.now()
    const isAsked = ({ id }: { readonly id: string }): boolean => rule === undefined || id === rule
    const pages = yield* Effect.promise(() =>
      Promise.all(gateways.map((gateway) => {
        const { budgets, rates } = limitsOf(gateway)
        const asked = {
          budgets: kind === "rate" ? [] : budgets.filter(isAsked),
          rates: kind === "spend" ? [] : rates.filter(isAsked),
        }
        return listLimits(store, gateway.id, asked, page * perPage, now)
      }))
    )
    const shown = pages.flatMap(({ limits }) => limits)
      .sort((one, other) => compare(order(one), order(other)))
      .slice((page - 1) * perPage, page * perPage)
    if (format !== "json") {
      const words = ["limits", account, ...gateway === "" ? [] : [gateway]]
      const rows = shown.map((limit) => ({ ...limit }))
      return exportOf(
        { format, name: fileName(words, now), columns: columnsOf(rows), next: allAtOnce(rows) },
        hasBody,
      )
    }
    return envelope(shown, {
      page,
      per_page: perPage,
      count: shown.length,
      total_count: pages.reduce((sum, { total }) => sum + total, 0),
    })
  })
