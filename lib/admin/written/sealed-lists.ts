/**
 * The secrets of collectors (`otel`) and of webhooks (`alerts`): encrypted when written, masked when shown.
 *
 * @module
 */
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { shownUrl } from "../../config/alert-settings.ts"
import { looksLikeSecret } from "../../config/operator-secrets.ts"
import { isReference } from "../../config/stored-keys.ts"
import { adminBadRequest } from "../../errors/admin-errors.ts"
import type { GatewayError } from "../../errors.ts"
import { isObject, type JsonObject, objectOf } from "../../json/parse.ts"
import type { NewSecret } from "../../settings-store/change.ts"
import type { WrittenDocument } from "../../settings-store/document.ts"
import type { WrittenSettingsShape } from "../../settings-store/WrittenSettings.ts"
import { keep, shownReference } from "./references.ts"

type Sealed = Pick<WrittenDocument, "secrets">

/** Stands for a hidden value. */
const hidden = "…"

/** The value of a collector's header as shown: a reference, or the mask for anything else. */
const shownValue = (value: unknown, document: Sealed): unknown =>
  typeof value === "string" && isReference(value) ? shownReference(value, document) : hidden

const shownHeadersOf = (headers: unknown, document: Sealed): JsonObject =>
  Object.fromEntries(
    Object.entries(objectOf(headers)).map(([name, value]) => [name, shownValue(value, document)]),
  )

/** Collectors as shown. */
export const shownCollectors = (collectors: unknown, document: Sealed): unknown =>
  Array.isArray(collectors)
    ? collectors.map((collector) => {
      const { headers, authorization, ...rest } = objectOf(collector)
      return {
        ...rest,
        ...(headers !== undefined && { headers: shownHeadersOf(headers, document) }),
        ...(authorization !== undefined && { authorization: shownValue(authorization, document) }),
      }
    })
    : collectors

const shownWebhookUrl = (url: unknown, document: Sealed): unknown =>
  typeof url !== "string"
    ? url
    : isReference(url)
    ? shownReference(url, document)
    : URL.canParse(url)
    ? shownUrl(url)
    : hidden

/** Webhooks as shown. */
export const shownWebhooks = (webhooks: unknown, document: Sealed): unknown =>
  Array.isArray(webhooks)
    ? webhooks.map((webhook) => {
      const { url, secret, ...rest } = objectOf(webhook)
      return {
        ...(url !== undefined && { url: shownWebhookUrl(url, document) }),
        ...(secret !== undefined && { secret: shownValue(secret, document) }),
        ...rest,
      }
    })
    : webhooks

/** A list with references in place of its secrets, and what was encrypted for it. */
export interface KeptList {
  readonly value: unknown
  readonly secrets: ReadonlyArray<NewSecret>
}

type Keeping = Promise<Result.Result<KeptList, GatewayError>>

/** Converts values one by one; a value written as it is shown stays unchanged. */
class Keeper {
  readonly secrets: Array<NewSecret> = []
  readonly #written: WrittenSettingsShape
  readonly #document: Sealed

  constructor(written: WrittenSettingsShape, document: Sealed) {
    this.#written = written
    this.#document = document
  }

  /** @param before the previous value of the same name */
  async value(
    name: string,
    header: string,
    value: unknown,
    before: unknown,
  ): Promise<Result.Result<unknown, GatewayError>> {
    if (typeof value !== "string") return Result.succeed(value)
    if (before !== undefined && value === shownValue(before, this.#document)) return Result.succeed(before)
    if (value === hidden || value.startsWith("****")) {
      return Result.fail(adminBadRequest(`${name}: expected the secret itself: this is how one is shown.`))
    }
    // Without a key, a value that does not look like a secret is stored unchanged, but is not shown either.
    if (!this.#written.canSeal && !isReference(value) && !looksLikeSecret(header, value)) {
      return Result.succeed(value)
    }
    const kept = await keep(this.#written, name, value)
    if (Result.isFailure(kept)) return kept
    if (kept.success.secret !== undefined) this.secrets.push(kept.success.secret)
    return Result.succeed(kept.success.reference)
  }

  /** A webhook's URL, which is a secret, since knowing it is enough to call it. Only its host is shown. */
  async url(
    name: string,
    value: unknown,
    before: ReadonlyArray<unknown>,
  ): Promise<Result.Result<unknown, GatewayError>> {
    if (typeof value !== "string") return Result.succeed(value)
    const same = before.find((one) => shownWebhookUrl(one, this.#document) === value)
    if (same !== undefined) return Result.succeed(same)
    if (isReference(value)) {
      return Result.map(await keep(this.#written, name, value), ({ reference }) => reference)
    }
    // An invalid URL is refused elsewhere.
    if (!this.#written.canSeal || !URL.canParse(value) || /[^\x21-\x7e]/.test(value)) {
      return Result.succeed(value)
    }
    return Result.map(await this.#written.seal(Redacted.make(value)), (secret) => {
      this.secrets.push({ ...secret, preview: shownUrl(value) })
      return secret.reference
    })
  }
}

const listOf = (value: unknown): ReadonlyArray<JsonObject> => Array.isArray(value) ? value.map(objectOf) : []

/** Encrypts the secrets of one item of a list. */
type KeepItem = (
  keeper: Keeper,
  item: JsonObject,
  at: number,
) => Promise<Result.Result<JsonObject, GatewayError>>

/** A list with the secrets of its items encrypted. Anything but a list of objects is refused elsewhere. */
const keptList = async (keeper: Keeper, value: unknown, keepItem: KeepItem): Keeping => {
  if (!Array.isArray(value)) return Result.succeed({ value, secrets: [] })
  const items: Array<unknown> = []
  for (const [at, item] of value.entries()) {
    if (!isObject(item)) {
      items.push(item)
      continue
    }
    const kept = await keepItem(keeper, item, at)
    if (Result.isFailure(kept)) return Result.fail(kept.failure)
    items.push(kept.success)
  }
  return Result.succeed({ value: items, secrets: keeper.secrets })
}

/** Collectors with encrypted headers. */
export const keptCollectors = (
  written: WrittenSettingsShape,
  document: Sealed,
  value: unknown,
  before: unknown,
): Keeping =>
  keptList(new Keeper(written, document), value, async (keeper, collector, at) => {
    const old = listOf(before).find(({ url }) => url === collector["url"]) ?? {}
    const kept: Record<string, unknown> = { ...collector }
    if (collector["authorization"] !== undefined) {
      const place = `otel.${at}.authorization`
      const one = await keeper.value(place, "authorization", collector["authorization"], old["authorization"])
      if (Result.isFailure(one)) return Result.fail(one.failure)
      kept["authorization"] = one.success
    }
    if (isObject(collector["headers"])) {
      const headers: Array<readonly [string, unknown]> = []
      for (const [name, text] of Object.entries(collector["headers"])) {
        const place = `otel.${at}.headers.${name.slice(0, 64)}`
        const one = await keeper.value(place, name, text, objectOf(old["headers"])[name])
        if (Result.isFailure(one)) return Result.fail(one.failure)
        headers.push([name, one.success])
      }
      kept["headers"] = Object.fromEntries(headers)
    }
    return Result.succeed(kept)
  })

/** Webhooks with encrypted URLs and signing secrets. */
export const keptWebhooks = (
  written: WrittenSettingsShape,
  document: Sealed,
  value: unknown,
  before: unknown,
): Keeping =>
  keptList(new Keeper(written, document), value, async (keeper, webhook, at) => {
    const known = listOf(before)
    // Compares with the webhook at the same index first, since several may be on one host.
    const urls = [known[at]?.["url"], ...known.map(({ url }) => url)].filter((url) => url !== undefined)
    const url = await keeper.url(`alerts.${at}.url`, webhook["url"], urls)
    if (Result.isFailure(url)) return Result.fail(url.failure)
    const old = known.find((one) => one["url"] === url.success) ?? {}
    const secret = await keeper.value(`alerts.${at}.secret`, "secret", webhook["secret"], old["secret"])
    if (Result.isFailure(secret)) return Result.fail(secret.failure)
    return Result.succeed({
      ...webhook,
      ...(webhook["url"] !== undefined && { url: url.success }),
      ...(webhook["secret"] !== undefined && { secret: secret.success }),
    })
  })
