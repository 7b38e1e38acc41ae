/**
 * The paths of the management API, which are Cloudflare's, and of `/metrics`.
 *
 * @module
 */
import * as Result from "effect/Result"
import { adminNotFound } from "../errors/admin-errors.ts"
import type { GatewayError } from "../errors.ts"
import { restCall } from "./rest-paths.ts"

/** A route for callers with the admin token. */
export interface AdminRoute {
  readonly kind: "admin"
  readonly name: AdminName
  /** Every method that the route accepts, as `Allow` lists them. */
  readonly methods: ReadonlyArray<string>
  readonly account: string
  /** Empty if the route is about an account, or about all of them. */
  readonly gateway: string
  /** The id of a log entry, a provider, a token, …; empty for routes without one. */
  readonly item: string
  /** The id of a part of the item, such as a version; empty for routes without one. */
  readonly part: string
}

const reads = ["GET", "HEAD", "OPTIONS"]
const id = "([\\w-]{1,64})"
const below = (path: string): RegExp => new RegExp(`^/client/v4/accounts/${id}/ai-gateway/${path}$`)

const list = ["GET", "HEAD", "POST", "OPTIONS"]
const one = ["GET", "HEAD", "PATCH", "DELETE", "OPTIONS"]

const table = [
  ["accounts", /^\/client\/v4\/accounts$/, reads],
  ["status", below("status"), reads],
  ["logs.tail", below(`gateways/${id}/logs/tail`), ["GET", "OPTIONS"]],
  ["logs", below(`gateways/${id}/logs`), ["GET", "HEAD", "DELETE", "OPTIONS"]],
  ["log", below(`gateways/${id}/logs/${id}`), ["GET", "HEAD", "PATCH", "OPTIONS"]],
  ["log.request", below(`gateways/${id}/logs/${id}/request`), reads],
  ["log.response", below(`gateways/${id}/logs/${id}/response`), reads],
  ["analytics", below(`gateways/${id}/analytics`), reads],
  ["analytics", below("analytics"), reads],
  ["limits", below(`gateways/${id}/limits`), reads],
  ["limits", below("limits"), reads],
  ["gateways", below("gateways"), list],
  ["gateway", below(`gateways/${id}`), ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"]],
  ["origins", below(`gateways/${id}/origins`), reads],
  ["routes", below(`gateways/${id}/routes`), list],
  ["route", below(`gateways/${id}/routes/${id}`), one],
  ["route.versions", below(`gateways/${id}/routes/${id}/versions`), list],
  ["route.version", below(`gateways/${id}/routes/${id}/versions/${id}`), reads],
  ["route.deployments", below(`gateways/${id}/routes/${id}/deployments`), list],
  ["provider_configs", below(`gateways/${id}/provider_configs`), list],
  ["provider_config", below(`gateways/${id}/provider_configs/${id}`), one],
  ["tokens", below(`gateways/${id}/tokens`), list],
  ["token", below(`gateways/${id}/tokens/${id}`), one],
  ["token.rotate", below(`gateways/${id}/tokens/${id}/rotate`), ["POST", "OPTIONS"]],
  ["datasets", below(`gateways/${id}/datasets`), list],
  ["dataset", below(`gateways/${id}/datasets/${id}`), ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"]],
  ["dataset.examples", below(`gateways/${id}/datasets/${id}/examples`), reads],
  ["evaluations", below(`gateways/${id}/evaluations`), list],
  ["evaluation", below(`gateways/${id}/evaluations/${id}`), ["GET", "HEAD", "DELETE", "OPTIONS"]],
  ["evaluation.rerun", below(`gateways/${id}/evaluations/${id}/rerun`), ["POST", "OPTIONS"]],
  ["evaluation.cancel", below(`gateways/${id}/evaluations/${id}/cancel`), ["POST", "OPTIONS"]],
  ["evaluation.verdicts", below(`gateways/${id}/evaluations/${id}/verdicts`), reads],
  ["evaluation_types", below("evaluation-types"), list],
  ["evaluation_type", below(`evaluation-types()/${id}`), ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"]],
  ["alerts.test", below(`gateways/${id}/alerts/test`), ["POST", "OPTIONS"]],
  // Paths of the account, which name no gateway.
  ["custom_providers", below("custom-providers"), list],
  ["custom_provider", below(`custom-providers()/${id}`), one],
  ["audit", below("audit"), reads],
  // A custom provider's name is `custom-` and a slug of up to 64 characters.
  ["url", below(`gateways/${id}/url/([\\w-]{1,71})`), reads],
  ["metrics", /^\/metrics$/, reads],
] as const satisfies ReadonlyArray<readonly [AdminName, RegExp, ReadonlyArray<string>]>

/** What is written, beside gateways. */
export type WrittenName =
  | "routes"
  | "route"
  | "route.versions"
  | "route.version"
  | "route.deployments"
  | "provider_configs"
  | "provider_config"
  | "tokens"
  | "token"
  | "token.rotate"
  | "datasets"
  | "dataset"
  | "evaluations"
  | "evaluation"
  | "evaluation.rerun"
  | "evaluation.cancel"
  | "evaluation_types"
  | "evaluation_type"
  | "custom_providers"
  | "custom_provider"
  | "audit"

/** What is requested. */
export type AdminName =
  | "accounts"
  | "status"
  | "logs.tail"
  | "logs"
  | "log"
  | "log.request"
  | "log.response"
  | "analytics"
  | "limits"
  | "alerts.test"
  | "gateways"
  | "gateway"
  | "dataset.examples"
  | "evaluation.verdicts"
  | "origins"
  | WrittenName
  | "url"
  | "metrics"

/** Whether a path belongs to the management API or `/metrics`, whether or not a route has it. */
export const isAdminPath = (path: string): boolean =>
  /^\/+(?:metrics$|client\/+v4\/)/.test(path) && restCall(path) === undefined

/** Whether a path belongs to the console. */
export const isConsolePath = (path: string): boolean => /^\/+console(?:\/|$)/.test(path)

/** The route of a path without empty segments, for which `isAdminPath` holds. */
export const findAdminRoute = (path: string): Result.Result<AdminRoute, GatewayError> => {
  for (const [name, pattern, methods] of table) {
    const match = pattern.exec(path)
    if (match === null) continue
    const [, account = "", gateway = "", item = "", part = ""] = match
    return Result.succeed({ kind: "admin", name, methods, account, gateway, item, part })
  }
  return Result.fail(
    adminNotFound(
      "The management API has no such path. It has accounts, accounts/{account_id}/ai-gateway/gateways, custom-providers, " +
        "limits, audit, evaluation-types and status, gateways/{gateway_id}, and below that origins, logs, analytics, limits, " +
        "routes, provider_configs, tokens, alerts/test, datasets, evaluations and url/{provider}.",
    ),
  )
}
