/**
 * Where a gateway's alerts go, and what causes them.
 *
 * The comments are the text of this folder's README: `npm run docs` copies them there.
 *
 * @module
 */
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { hex } from "../bytes/hex.ts"
import { sha256Now } from "../redaction/sha256.ts"
import { number, someText } from "../schema/expected.ts"
import { SettingProblem } from "../schema/setting-problem.ts"
import { isLoopback } from "./custom-providers.ts"
import { isReference, type Resolve, secretOf, SecretReference } from "./stored-keys.ts"

const optional = Schema.optionalKey

/** Each is a webhook to be called, and a rule to be checked after each call. */
const mostAlerts = 10
const mostShares = 10

const atMost = (most: number, what: string) =>
  Schema.makeFilter((list: ReadonlyArray<unknown>) =>
    list.length >= 1 && list.length <= most ? undefined : `Expected 1 to ${most} ${what}`
  )

const Entry = Schema.Struct({
  url: someText,
  secret: optional(SecretReference),
  budget: optional(Schema.Array(number(0.001, 10)).check(atMost(mostShares, "shares"))),
  error_share: optional(number(0.001, 1)),
  circuit: optional(Schema.Boolean),
  allow_http: optional(Schema.Boolean),
}).check(
  Schema.makeFilter(({ budget, error_share, circuit }) =>
    (budget ?? error_share) === undefined && circuit !== true
      ? "Expected budget, error_share or circuit: what causes the alert"
      : undefined
  ),
)

/** `alerts` of a gateway's entry. */
export const Alerting = {
  /**
   * Webhooks that are [called](../alert/README.md) when something is to be known, up to 10 of them:
   *
   * - `url`: where they are POSTed, as text, `env:NAME` or `file:PATH`. `https:` alone, but for loopback hosts, or with
   *   `allow_http: true`.
   * - `secret`: signs them, as `env:NAME` or `file:PATH`, or as text that is [sealed](../settings-store/README.md#secrets)
   *   if it is written through the management API; they are not signed without it.
   * - `budget`: shares of a budget of `spend_limits`, such as `[0.5, 0.8, 1]`; each once in each of its periods.
   * - `error_share`: the share of failed calls within five minutes, from 20 calls on.
   * - `circuit`: with `true`, each circuit that opens, once in five minutes.
   *
   * @default none
   */
  alerts: optional(Schema.Array(Entry).check(atMost(mostAlerts, "alerts"))),
}

/** A webhook, as it is called. */
export interface Alert {
  /** Tells it apart from others without naming it: a URL may hold a secret. */
  readonly id: string
  readonly url: Redacted.Redacted<string>
  /** The part of its address that may be shown. */
  readonly host: string
  readonly secret: Redacted.Redacted<string> | undefined
  /** Shares of a budget, in ascending order. */
  readonly budget: ReadonlyArray<number>
  readonly errorShare: number | undefined
  readonly circuit: boolean
}

/** The part of a webhook's URL that is not secret. */
export const shownUrl = (url: string): string => {
  if (isReference(url)) return url
  const { origin, href } = new URL(url)
  return href === `${origin}/` ? href : `${origin}/…`
}

const alertOf = (
  { url, secret, budget = [], error_share, circuit = false, allow_http = false }: typeof Entry.Type,
  index: number,
  resolve: Resolve,
): Alert => {
  const place = Redacted.value(secretOf(url, resolve))
  const parsed = URL.canParse(place) && !/[\\\s#…]/.test(place) ? new URL(place) : undefined
  const isOpen = parsed?.protocol === "http:" && (allow_http || isLoopback(parsed.hostname))
  if (parsed === undefined || parsed.username !== "" || (parsed.protocol !== "https:" && !isOpen)) {
    throw new SettingProblem(
      `expected the url of alert ${index + 1} to be an https URL without credentials or fragment ` +
        "(or http to a loopback host, or with allow_http: true)",
    )
  }
  return {
    id: hex(sha256Now(parsed.href)),
    url: Redacted.make(parsed.href),
    host: parsed.host,
    secret: secret === undefined ? undefined : resolve(secret),
    budget: [...budget].sort((one, other) => one - other),
    errorShare: error_share,
    circuit,
  }
}

/** The webhooks of an entry. Throws `SettingProblem` if a URL cannot be called, or a reference names nothing. */
export const alertSettings = (
  entries: ReadonlyArray<typeof Entry.Type>,
  resolve: Resolve,
): ReadonlyArray<Alert> => entries.map((entry, index) => alertOf(entry, index, resolve))
