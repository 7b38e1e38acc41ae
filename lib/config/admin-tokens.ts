/**
 * The tokens of `BASEGATE_ADMIN_TOKEN`, by name and role.
 *
 * @module
 */
import * as Redacted from "effect/Redacted"

/** A token that opens the management API. */
export interface AdminToken {
  /** Stands in the audit. */
  readonly name: string
  /** Whether it may change things. */
  readonly role: "read" | "write"
  readonly secret: Redacted.Redacted<string>
}

const named = /^([\w.-]{1,64}):(read|write):(\S+)$/

/** What looks like a name and a role, but has no such name, or no such role: as plain text it would be able to write. */
const misspelt = /^[\w.-]*:[A-Za-z]+:\S*$|:(?:read|write):/

const items = (value: string): ReadonlyArray<string> =>
  value.split(",").map((item) => item.trim()).filter((item) => item !== "")

/** Whether text is a list of tokens. */
export const isAdminTokenList = (value: string): boolean => {
  const all = items(value)
  return all.length > 0 &&
    all.every((item) => /^\S+$/.test(item) && (named.test(item) || !misspelt.test(item)))
}

/** The tokens of a list; one without a name is called `admin`, and may write. */
export const adminTokensOf = (value: string): ReadonlyArray<AdminToken> =>
  items(value).map((item) => {
    const [, name = "admin", role, secret = item] = named.exec(item) ?? []
    return { name, role: role === "read" ? "read" : "write", secret: Redacted.make(secret) }
  })

/**
 * What is wrong with the admin tokens and the metrics token beside the others; `undefined` if nothing is.
 *
 * @param gateways the tokens that open gateways
 */
export const adminProblem = (
  admins: ReadonlyArray<string>,
  metrics: string | undefined,
  gateways: ReadonlyArray<string>,
): { readonly variable: string; readonly expected: string } | undefined => {
  if (admins.some((token) => gateways.includes(token))) {
    return { variable: "BASEGATE_ADMIN_TOKEN", expected: "expected a token that opens no gateway" }
  }
  if (new Set(admins).size < admins.length) {
    return { variable: "BASEGATE_ADMIN_TOKEN", expected: "expected tokens that differ from each other" }
  }
  return metrics !== undefined && [...admins, ...gateways].includes(metrics)
    ? { variable: "BASEGATE_METRICS_TOKEN", expected: "expected a token that opens nothing else" }
    : undefined
}
