/**
 * The tokens that open a gateway, and what holds for the calls that come with each.
 *
 * @module
 */
import * as Redacted from "effect/Redacted"
import { hex } from "../bytes/hex.ts"
import type { KnownSecret } from "../redaction/known-secret.ts"
import { sha256Now } from "../redaction/sha256.ts"
import { SettingProblem } from "../schema/setting-problem.ts"
import { type RateRule, rateRules, type SpendLimits } from "./limit-rules.ts"
import type { Metadata } from "./request-options.ts"
import { type Resolve, secretOf } from "./stored-keys.ts"
import { expiryOf, type WrittenTokens } from "./token-setting.ts"

/** A token: one value that opens a gateway. Two of one name are the same caller, whose token is being rotated. */
export interface GatewayToken extends KnownSecret {
  /** Whose it is; `null` if the settings give its value alone. */
  readonly name: string | null
  /** Its text; `undefined` if the settings have its digest alone. */
  readonly secret: Redacted.Redacted<string> | undefined
  /** Globs of the models that it may call; `undefined` for all. */
  readonly models: ReadonlyArray<string> | undefined
  /** From when on it opens nothing, in milliseconds since 1970. */
  readonly expires: number
  /** `undefined` if there are only the gateway's limits. */
  readonly limits: TokenLimits | undefined
  /** Put on every call, in place of what the caller says under the same names. */
  readonly metadata: Metadata | undefined
}

/** The limits of one token. */
export interface TokenLimits {
  /** The gateway's, then its own. */
  readonly rateRules: ReadonlyArray<RateRule>
  /** Its own alone. */
  readonly spendLimits: SpendLimits
}

const digestForm = /^sha256:([0-9a-f]{64})$/i

/** A text as it is compared. */
export const knownText = (secret: Redacted.Redacted<string>): KnownSecret => {
  const text = Redacted.value(secret)
  return { digest: sha256Now(text), length: text.length }
}

/** A token's value as it is compared: one that is `sha256:` and 64 digits of hex is the digest of another. */
const knownSecret = (secret: Redacted.Redacted<string>): KnownSecret => {
  const text = Redacted.value(secret)
  const [, digits] = digestForm.exec(text) ?? []
  if (digits !== undefined) {
    return {
      digest: Uint8Array.from(
        { length: 32 },
        (_, at) => Number.parseInt(digits.slice(2 * at, 2 * at + 2), 16),
      ),
      length: undefined,
    }
  }
  if (/^sha256:/i.test(text)) {
    throw new SettingProblem('expected "sha256:" and the 64 hexadecimal digits of the SHA-256 of a token')
  }
  return knownText(secret)
}

/**
 * The id of a token's own rule. What it counts belongs to the name, whatever the value: a rotation keeps it. No name
 * contains a slash, and ids of a gateway's rates contain none either.
 */
const ownId = (name: string, rule: string): string => `token/${name}/${rule}`

/** The id of a token's own rule as it is written; `undefined` if the rule is not the token's. */
export const writtenId = (name: string, id: string): string | undefined => {
  const before = ownId(name, "")
  return id.startsWith(before) ? id.slice(before.length) : undefined
}

const noBudgets: SpendLimits = { enabled: false, rules: [] }

const limitsOf = (
  name: string,
  { rate_limits, spend_limits }: Exclude<WrittenTokens[number], string>,
  gatewayRules: ReadonlyArray<RateRule>,
): TokenLimits | undefined => {
  const { enabled, reserve = false, rules }: SpendLimits = spend_limits ?? noBudgets
  const own = rateRules({ ...(rate_limits && { rate_limits }) })
  if (own.length === 0 && !enabled) return undefined
  return {
    rateRules: [...gatewayRules, ...own.map((rule) => ({ ...rule, id: ownId(name, rule.id) }))],
    spendLimits: {
      enabled,
      reserve,
      rules: rules.map((rule) => ({ ...rule, id: ownId(name, rule.id) })),
    },
  }
}

/** A token that has nothing but its value. */
const bare = (secret: Redacted.Redacted<string>): GatewayToken => {
  const known = knownSecret(secret)
  return {
    ...known,
    name: null,
    secret: known.length === undefined ? undefined : secret,
    models: undefined,
    expires: Infinity,
    limits: undefined,
    metadata: undefined,
  }
}

/**
 * The tokens of an entry.
 *
 * Throws `SettingProblem` if a value stands there twice, also as its digest, or cannot be a token.
 *
 * @param shared those of `BASEGATE_TOKENS`
 */
export const gatewayTokens = (
  written: ReadonlyArray<WrittenTokens[number]>,
  shared: ReadonlyArray<Redacted.Redacted<string>>,
  gatewayRules: ReadonlyArray<RateRule>,
  resolve: Resolve,
): ReadonlyArray<GatewayToken> => {
  const places = new Map<string, string>()
  const add = (token: GatewayToken, place: string): GatewayToken => {
    const digest = hex(token.digest)
    const before = places.get(digest)
    if (before !== undefined) {
      throw new SettingProblem(
        `expected tokens that differ from each other: ${before} and ${place} have the same value; remove one of them`,
      )
    }
    places.set(digest, place)
    return token
  }
  const secrets = written.map((each, index) => valueOf(each, index, resolve))
  const values = new Set([...secrets, ...shared].map(Redacted.value))
  const own = written.map((each, index) => {
    const place = `token ${index + 1}`
    const token = bare(secrets[index] ?? Redacted.make(""))
    if (typeof each === "string") return add(token, place)
    if (values.has(each.name)) {
      throw new SettingProblem(
        `expected ${place} to have a name that is not a token's value: names are shown`,
      )
    }
    return add({
      ...token,
      name: each.name,
      models: each.models,
      expires: each.expires === undefined ? Infinity : expiryOf(each.expires) ?? 0,
      limits: limitsOf(each.name, each, gatewayRules),
      metadata: each.metadata,
    }, `${place} ("${each.name}")`)
  })
  return [
    ...own,
    ...shared.map((secret, index) => add(bare(secret), `token ${index + 1} of BASEGATE_TOKENS`)),
  ]
}

const valueOf = (
  written: WrittenTokens[number],
  index: number,
  resolve: Resolve,
): Redacted.Redacted<string> => {
  const secret = secretOf(typeof written === "string" ? written : written.token, resolve)
  // What a variable holds may have blanks, since headers of providers have.
  if (/\s/.test(Redacted.value(secret))) {
    throw new SettingProblem(`expected token ${index + 1} to refer to a token without white space`)
  }
  return secret
}

/**
 * Why tokens of several entries cannot be distinguished: one value has two names. Without a name, or under the same one, a value
 * may open several gateways.
 *
 * @returns the entries' ids and what was expected of them
 */
export const sharedValues = (
  entries: Iterable<readonly [id: string, tokens: ReadonlyArray<GatewayToken>]>,
): ReadonlyArray<readonly [id: string, expected: string]> => {
  const known = new Map<string, { readonly id: string; readonly name: string | null }>()
  const problems: Array<readonly [string, string]> = []
  const shown = (name: string | null): string => name === null ? "without a name" : `called "${name}"`
  for (const [id, tokens] of entries) {
    for (const { name, digest } of tokens) {
      const value = hex(digest)
      const before = known.get(value)
      if (before === undefined) known.set(value, { id, name })
      else if (before.name !== name) {
        problems.push([
          id,
          `expected a value for one name only: that of a token ${
            shown(name)
          } is, in ${before.id}, that of one ${shown(before.name)}; give each its own`,
        ])
      }
    }
  }
  return problems
}
