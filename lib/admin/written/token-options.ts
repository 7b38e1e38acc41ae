/**
 * The options of written tokens, and how they are shown.
 *
 * @module
 */
import * as Result from "effect/Result"
import type { GatewaySettings } from "../../config/gateway-settings.ts"
import type { GatewayToken } from "../../config/gateway-tokens.ts"
import { adminBadRequest } from "../../errors/admin-errors.ts"
import type { GatewayError } from "../../errors.ts"
import type { JsonObject } from "../../json/parse.ts"
import { textDigest } from "../../redaction/digest.ts"
import type { TokenValue, WrittenToken } from "../../settings-store/document.ts"
import { keep } from "./references.ts"
import { withRuleDefaults } from "./spend-rules.ts"
import type { WriteContext } from "./context.ts"
import type { BodyMembers } from "./body-members.ts"

/** The members of a token's setting apart from its name. */
const optionNames = ["models", "expires", "spend_limits", "rate_limits", "metadata"] as const

/** As in a settings file. */
const nameForm = /^(?!\s)[^\p{C}/]{1,64}(?<!\s)$/u
const nameExpected =
  "a name of up to 64 characters, without slashes, control characters, or blanks at its ends"

/** A token's name. */
export const tokenName = (members: BodyMembers): string | undefined =>
  members.matching("name", nameForm, nameExpected)

/**
 * A token's options after a change: those of the body replace previous ones, and `null` removes one. Their values are
 * checked with the whole document.
 */
export const tokenOptions = (members: BodyMembers, before: JsonObject = {}): JsonObject => {
  const options: Record<string, unknown> = {}
  for (const name of optionNames) {
    const given = members.any(name)
    const value = name === "spend_limits" ? withRuleDefaults(given) : given
    if (members.has(name) ? value !== undefined : before[name] !== undefined) {
      options[name] = members.has(name) ? value : before[name]
    }
  }
  return options
}

/** A value in the document: only its digest is stored. */
export const hashed = async (text: string): Promise<TokenValue> => ({
  token: `sha256:${await textDigest(text)}`,
  preview: text.length < 24 ? "****" : `****${text.slice(-4)}`,
  until: null,
})

/** The value of a body: a digest, a variable, or text. */
export const tokenValue = async (
  { written }: Pick<WriteContext, "written">,
  name: string,
  text: string,
): Promise<Result.Result<TokenValue, GatewayError>> => {
  if (/^sha256:[0-9a-f]{64}$/i.test(text)) {
    return Result.succeed({ token: text.toLowerCase(), preview: null, until: null })
  }
  if (/^(?:env|file|sealed):/.test(text)) {
    return Result.map(await keep(written, name, text), ({ reference }) => ({
      token: reference,
      preview: reference,
      until: null,
    }))
  }
  if (text.startsWith("sha256:") || !/^[\x21-\x7e]{16,512}$/.test(text)) {
    return Result.fail(adminBadRequest(
      `${name}: expected 16 to 512 characters of visible ASCII without white space, sha256: and 64 digits of hex, or ` +
        "env:NAME.",
    ))
  }
  return Result.succeed(await hashed(text))
}

/** A token without its values. */
export const tokenJson = ({ id, name, created_at, modified_at, options, values }: WrittenToken) => ({
  id,
  name,
  created_at,
  modified_at,
  models: null,
  expires: null,
  spend_limits: null,
  rate_limits: null,
  metadata: null,
  ...options,
  token_preview: values[0]?.preview ?? null,
  // Previous values that a rotation leaves valid for a while.
  rotating: values.slice(1).map(({ preview, until }) => ({ token_preview: preview, until })),
})

/** The declared tokens of a gateway: one for each name, however many values it has. */
export const declaredTokens = (
  gateway: Pick<GatewaySettings, "tokens"> | undefined,
): ReadonlyArray<Readonly<Record<string, unknown>> & { readonly name: string }> => {
  const tokens = new Map<string, GatewayToken>()
  for (const token of gateway?.tokens ?? []) if (token.name !== null) tokens.set(token.name, token)
  return [...tokens].map(([name, { models, expires, limits, metadata }]) => ({
    id: null,
    name,
    created_at: null,
    modified_at: null,
    models: models ?? null,
    expires: Number.isFinite(expires) ? new Date(expires).toISOString() : null,
    spend_limits: limits?.spendLimits ?? null,
    rate_limits: null,
    metadata: metadata ?? null,
    token_preview: null,
    rotating: [],
  }))
}
