/**
 * What the holder of a gateway token has used, and has left.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Caller } from "../auth/GatewayAuth.ts"
import type { GatewaySettings } from "../config/gateway-settings.ts"
import { type GatewayToken, writtenId } from "../config/gateway-tokens.ts"
import type { SpendRule } from "../config/limit-rules.ts"
import { badRequest, type GatewayError } from "../errors.ts"
import { namelessUsage, usageOfNobody } from "../errors/token-errors.ts"
import type { Exchange } from "../exchange.ts"
import { strictJson } from "../json/exact-json.ts"
import type { BudgetState } from "../limit/budget-states.ts"
import type { Limits } from "../limit/Limits.ts"
import { RequestLog } from "../request-log/RequestLog.ts"
import { moments, parseMoment } from "./read-analytics-query.ts"
import { adminHeaders } from "./envelope.ts"
import { openParameters } from "./query-parameters.ts"

/** The beginning of a time's month in UTC. */
const beginningOfMonth = (now: number): number => {
  const date = new Date(now)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth())
}

/** The requested period: by default the calendar month so far. */
const stretchOf = (
  search: URLSearchParams,
  now: number,
): readonly [since: number, until: number] | GatewayError => {
  const parameters = openParameters(search)
  const read = (name: string) => parameters.decoded(name, moments, (text) => parseMoment(text, now, "UTC"))
  const since = Math.max(0, read("since") ?? beginningOfMonth(now))
  const until = read("until") ?? now
  if (since >= until) parameters.refuse("since must be before until.")
  const problem = parameters.problem()
  return problem === undefined ? [since, until] : badRequest(problem.detail)
}

/** Whether a rule counts only by metadata that the token sets, so that its state concerns only the token. */
const isOwn = (
  { metadata: selectors = {}, model, provider }: SpendRule,
  { metadata = {} }: GatewayToken,
): boolean => {
  const partitions = Object.entries(selectors).filter(([, { mode }]) => mode === "partition")
  return model?.mode !== "partition" && provider?.mode !== "partition" && partitions.length > 0 &&
    partitions.every(([name]) => Object.hasOwn(metadata, name))
}

/** The budgets of a token: its own, then the gateway's for its metadata. */
const budgetsOf = async (
  { id, spendLimits }: GatewaySettings,
  token: GatewayToken,
  { states }: Limits["Service"],
): Promise<ReadonlyArray<BudgetState>> => {
  const { name, limits, metadata = {} } = token
  const reader = { gateway: id, metadata }
  const own = limits === undefined ? [] : await states(limits.spendLimits, reader)
  const rules = spendLimits.rules.filter((rule) => isOwn(rule, token))
  const shared = rules.length === 0 ? [] : await states({ ...spendLimits, rules }, reader)
  return [...own.map((state) => ({ ...state, id: writtenId(name ?? "", state.id) ?? state.id })), ...shared]
}

/** Answers the holder of a token with the figures under its name, in this gateway only. */
export const showUsage = (
  { account, gateway, url }: Pick<Exchange, "account" | "gateway" | "url">,
  settings: GatewaySettings,
  { token }: Caller,
  limits: Limits["Service"],
): Effect.Effect<Response, GatewayError, RequestLog> =>
  Effect.gen(function* () {
    if (token === undefined) return yield* usageOfNobody()
    if (token.name === null) return yield* namelessUsage()
    const now = yield* Clock.currentTimeMillis
    const stretch = stretchOf(new URLSearchParams(url.search), now)
    if (!Array.isArray(stretch)) return yield* stretch as GatewayError
    const [since, until] = stretch as readonly [number, number]
    const [total] = yield* RequestLog.use((log) =>
      log.analytics({
        account: account ?? "",
        gateway: gateway ?? "",
        filters: [{ key: "token", operator: "eq", value: [token.name] }],
        since,
        // Includes the current millisecond.
        until: until === now ? now + 1 : until,
        bucket: "all",
        by: [],
      })
    )
    const { requests, unpriced, tokens_in, tokens_out, cost } = total ?? nothing
    const left = yield* Effect.promise(() => budgetsOf(settings, token, limits))
    const usage = {
      token: token.name,
      since: new Date(since).toISOString(),
      until: new Date(until).toISOString(),
      requests,
      unpriced,
      tokens_in,
      tokens_out,
      cost,
      limits: left,
    }
    return new Response(strictJson(usage), {
      headers: { ...adminHeaders, "content-type": "application/json" },
    })
  })

/** Without calls nothing was spent: that cost is known. */
const nothing = { requests: 0, unpriced: 0, tokens_in: 0, tokens_out: 0, cost: 0 }
