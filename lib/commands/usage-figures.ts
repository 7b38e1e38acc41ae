/**
 * The figures of `basegate usage`, from the log's file or from a running gateway.
 *
 * @module
 */
import * as Redacted from "effect/Redacted"
import { adminTokensOf } from "../config/admin-tokens.ts"
import type { AnalyticsRow } from "../request-log/analytics-query.ts"
import { CommandProblem, Misuse } from "./command.ts"
import { isDatabaseUrl, openLogDatabase } from "./log-database.ts"
import { openLogFile } from "./log-file.ts"
import type { UsageOptions } from "./usage-options.ts"

/** The figures of one group. */
export type Used = Pick<
  AnalyticsRow,
  | "group"
  | "requests"
  | "errors"
  | "cached"
  | "tokens_in"
  | "tokens_out"
  | "tokens_cached"
  | "cost"
  | "unpriced"
>

/** The figures of each group, and of all together. */
export interface UsageFigures {
  readonly rows: ReadonlyArray<Used>
  readonly totals: Omit<Used, "group">
}

const nothing: Omit<Used, "group"> = {
  requests: 0,
  errors: 0,
  cached: 0,
  tokens_in: 0,
  tokens_out: 0,
  tokens_cached: 0,
  cost: 0,
  unpriced: 0,
}

const figuresOf = (row: Omit<Used, "group">): Omit<Used, "group"> => ({
  requests: row.requests,
  errors: row.errors,
  cached: row.cached,
  tokens_in: row.tokens_in,
  tokens_out: row.tokens_out,
  tokens_cached: row.tokens_cached,
  cost: row.cost,
  unpriced: row.unpriced,
})

/** Sorts by cost, then by the number of requests, both descending. */
const inOrder = (rows: ReadonlyArray<Used>): ReadonlyArray<Used> =>
  rows.toSorted((one, other) => (other.cost ?? 0) - (one.cost ?? 0) || other.requests - one.requests)

/** Computes figures from the log's file or database. */
export const usageOfFile = async (file: string, options: UsageOptions): Promise<UsageFigures> => {
  const log = isDatabaseUrl(file) ? await openLogDatabase(file) : openLogFile(file)
  const { by, since, until } = options
  const ask = (dimensions: UsageOptions["by"]) =>
    log.figures(options, { filters: [], since, until, bucket: "all", by: dimensions })
  try {
    const rows = (await ask(by)).map((row) => ({ group: row.group, ...figuresOf(row) }))
    return { rows: inOrder(rows), totals: figuresOf((await ask([]))[0] ?? nothing) }
  } finally {
    await log.close()
  }
}

/** The first of the admin tokens. */
const adminToken = (variable = ""): string => {
  const [first] = adminTokensOf(variable)
  if (first !== undefined) return Redacted.value(first.secret)
  throw new CommandProblem("to ask a gateway, set BASEGATE_ADMIN_TOKEN to its admin token")
}

interface Answered {
  readonly success?: boolean
  readonly errors?: ReadonlyArray<{ readonly message?: string }>
  readonly result?: { readonly rows: ReadonlyArray<AnalyticsRow>; readonly totals: Omit<Used, "group"> }
}

/** Fetches figures from a gateway's management API. */
export const usageOfGateway = async (
  url: URL,
  options: UsageOptions,
  env: Readonly<Record<string, string | undefined>>,
): Promise<UsageFigures> => {
  const { account, gateway, by, since, until } = options
  if (account === undefined) {
    throw new Misuse("a gateway answers for one account at a time: say which by --account or --gateway")
  }
  const path = gateway === undefined ? "analytics" : `gateways/${gateway}/analytics`
  const ask = new URL(`/client/v4/accounts/${account}/ai-gateway/${path}`, url)
  ask.search = String(
    new URLSearchParams({
      since: new Date(since).toISOString(),
      until: new Date(until).toISOString(),
      bucket: "all",
      by: by.join(","),
    }),
  )
  const headers = { authorization: `Bearer ${adminToken(env["BASEGATE_ADMIN_TOKEN"])}` }
  const response = await fetch(ask, { headers, redirect: "error" }).catch(() => {
    throw new CommandProblem(`no gateway answers at ${url.origin}: start it, or give its address with --url`)
  })
  const answer = await response.json().catch(() => ({})) as Answered
  if (!response.ok || answer.result === undefined) {
    const [error] = answer.errors ?? []
    throw new CommandProblem(
      `the gateway at ${url.origin} answers ${response.status}: ${
        error?.message ?? "it has no management API; set its BASEGATE_ADMIN_TOKEN"
      }`,
    )
  }
  const { rows, totals } = answer.result
  const named = (group: Used["group"]): Used["group"] =>
    group["gateway"] === undefined ? group : { ...group, gateway: `${account}/${group["gateway"]}` }
  return {
    rows: inOrder(rows.map((row) => ({ group: named(row.group), ...figuresOf(row) }))),
    totals: figuresOf(totals),
  }
}
