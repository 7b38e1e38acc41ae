/**
 * Secrets in written settings: references to variables, and texts to encrypt.
 *
 * @module
 */
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { looksLikeSecret } from "../../config/operator-secrets.ts"
import { isReference } from "../../config/stored-keys.ts"
import { adminBadRequest } from "../../errors/admin-errors.ts"
import type { GatewayError } from "../../errors.ts"
import type { NewSecret } from "../../settings-store/change.ts"
import type { WrittenDocument } from "../../settings-store/document.ts"
import type { WrittenSettingsShape } from "../../settings-store/WrittenSettings.ts"

/** What a preview of a secret begins with. */
const mask = "****"

/** Why a reference may not be written; `undefined` if it may. */
const referenceProblem = (text: string): string | undefined => {
  if (!/^env:[A-Za-z_]\w*$/.test(text)) {
    return "expected env:NAME, with the secret in the variable NAME: other references are for settings files"
  }
  return /^env:basegate_/i.test(text)
    ? "expected a variable of yours: those of the gateway (BASEGATE_*) cannot be read through the API"
    : undefined
}

/** A reference as shown: a variable's name, or the end of an encrypted secret. */
export const shownReference = (text: string, { secrets }: Pick<WrittenDocument, "secrets">): string =>
  text.startsWith("sealed:") ? secrets[text.slice("sealed:".length)]?.preview ?? mask : text

/** A secret in the document's form, and what was encrypted for it. */
export interface Kept {
  readonly reference: string
  readonly secret: NewSecret | undefined
}

/** Seals a secret unless it is a reference. Fails with a sentence that begins with its name. */
export const keep = async (
  written: WrittenSettingsShape,
  name: string,
  text: string,
): Promise<Result.Result<Kept, GatewayError>> => {
  if (isReference(text)) {
    const problem = referenceProblem(text)
    return problem === undefined
      ? Result.succeed({ reference: text, secret: undefined })
      : Result.fail(adminBadRequest(`${name}: ${problem}.`))
  }
  if (!/^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/.test(text)) {
    return Result.fail(adminBadRequest(`${name}: expected a secret in visible ASCII, or env:NAME.`))
  }
  return Result.map(
    await written.seal(Redacted.make(text)),
    (secret) => ({ reference: secret.reference, secret }),
  )
}

/** Headers for a custom provider, with references in place of secrets. */
export interface KeptHeaders {
  readonly headers: Readonly<Record<string, string>>
  readonly secrets: ReadonlyArray<NewSecret>
}

/**
 * Converts headers for storage: those that look like secrets are encrypted, and masked ones stay unchanged.
 *
 * @param before the headers so far
 */
export const keepHeaders = async (
  written: WrittenSettingsShape,
  document: WrittenDocument,
  name: string,
  headers: ReadonlyArray<readonly [string, unknown]>,
  before: Readonly<Record<string, unknown>>,
): Promise<Result.Result<KeptHeaders, GatewayError>> => {
  const kept: Array<readonly [string, string]> = []
  const secrets: Array<NewSecret> = []
  for (const [header, value] of headers) {
    const place = `${name}.${header.slice(0, 64)}`
    if (typeof value !== "string") {
      return Result.fail(adminBadRequest(`${place}: expected text, or env:NAME.`))
    }
    const old = Object.hasOwn(before, header) ? before[header] : undefined
    if (value.startsWith(mask)) {
      if (typeof old !== "string" || shownReference(old, document) !== value) {
        return Result.fail(adminBadRequest(`${place}: expected the secret itself: this is how one is shown.`))
      }
      kept.push([header, old])
    } else if (isReference(value) || looksLikeSecret(header, value)) {
      const one = await keep(written, place, value)
      if (Result.isFailure(one)) return Result.fail(one.failure)
      kept.push([header, one.success.reference])
      if (one.success.secret !== undefined) secrets.push(one.success.secret)
    } else kept.push([header, value])
  }
  return Result.succeed({ headers: Object.fromEntries(kept), secrets })
}

/** The same, as they are shown. */
export const shownHeaders = (
  headers: Readonly<Record<string, unknown>>,
  document: Pick<WrittenDocument, "secrets">,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(headers).map(([header, value]) => [header, shownReference(String(value), document)]),
  )
