/**
 * The refusals of calls beyond a limit or a budget.
 *
 * @module
 */
import { GatewayError } from "../errors.ts"

/** A rate limit is reached. */
export const rateLimited = (detail: string, headers: Readonly<Record<string, string>>): GatewayError =>
  new GatewayError({ reason: "rate_limited", detail, headers })

/** A spend rule is reached. `detail` is Cloudflare's sentence, which names the rule. */
export const spendLimited = (detail: string, headers: Readonly<Record<string, string>>): GatewayError =>
  new GatewayError({ reason: "spend_limited", detail, headers })

/** The store of the limits cannot be used, and the gateway lets no call pass without it. */
export const limitsUnavailable = (): GatewayError =>
  new GatewayError({
    reason: "limits_unavailable",
    detail: "The store that this gateway's limits are counted in cannot be used. Try again in a moment.",
    headers: { "retry-after": "1" },
  })
