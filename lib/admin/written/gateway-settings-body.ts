/**
 * Reads a gateway's settings from a body.
 *
 * @module
 */
import * as Result from "effect/Result"
import * as SchemaParser from "effect/SchemaParser"
import { GatewayEntry } from "../../config/gateway-entry.ts"
import { adminBadRequest } from "../../errors/admin-errors.ts"
import type { GatewayError } from "../../errors.ts"
import { isObject, type JsonObject, objectOf } from "../../json/parse.ts"
import type { NewSecret } from "../../settings-store/change.ts"
import type { WrittenDocument } from "../../settings-store/document.ts"
import type { WrittenSettingsShape } from "../../settings-store/WrittenSettings.ts"
import { sameJson } from "./body-members.ts"
import { isNotedField, notedProblem, readOnlyFields } from "./noted-fields.ts"
import { keptCollectors, keptWebhooks } from "./sealed-lists.ts"
import { keepHeaders } from "./references.ts"
import { withRuleDefaults } from "./spend-rules.ts"

/** Lists that have routes of their own in the management API. */
const listFields = ["tokens", "routes", "provider_keys"] as const

/** The contents of a body. */
export interface GatewayBody {
  /** Its settings; `undefined` for those to reset to their defaults. */
  readonly settings: ReadonlyMap<string, unknown>
  readonly noted: ReadonlyMap<string, unknown>
  readonly lists: Readonly<Partial<Record<typeof listFields[number], unknown>>>
  readonly secrets: ReadonlyArray<NewSecret>
}

const decode = SchemaParser.decodeUnknownResult(GatewayEntry)

/** Whether `null` is a value of a setting; otherwise it stands for the default. */
const acceptsNull = (name: string): boolean => Result.isSuccess(decode({ [name]: null }))

const isSetting = (name: unknown): name is string =>
  typeof name === "string" && Object.hasOwn(GatewayEntry.fields, name) &&
  !listFields.some((field) => field === name)

/** Custom providers with their secret headers sealed. */
const customProviders = async (
  written: WrittenSettingsShape,
  document: WrittenDocument,
  value: unknown,
  before: unknown,
) => {
  const providers: Array<readonly [string, unknown]> = []
  const secrets: Array<NewSecret> = []
  if (!isObject(value)) return Result.succeed({ value, secrets })
  for (const [slug, provider] of Object.entries(value)) {
    const headers = objectOf(provider)["headers"]
    if (!isObject(headers)) {
      providers.push([slug, provider])
      continue
    }
    const old = objectOf(objectOf(objectOf(before)[slug])["headers"])
    const place = `custom_providers.${slug.slice(0, 64)}.headers`
    const kept = await keepHeaders(written, document, place, Object.entries(headers), old)
    if (Result.isFailure(kept)) return Result.fail(kept.failure)
    secrets.push(...kept.success.secrets)
    providers.push([slug, { ...objectOf(provider), headers: kept.success.headers }])
  }
  return Result.succeed({ value: Object.fromEntries(providers), secrets })
}

/** Settings that may hold secrets. */
const sealing = { custom_providers: customProviders, otel: keptCollectors, alerts: keptWebhooks }

/**
 * Reads a body. A member that equals the shown one changes nothing, so that a gateway that was read can be written
 * back.
 *
 * @param shown the gateway as it is shown; empty for a new one
 * @param before its settings as they were written
 */
export const readGatewayBody = async (
  written: WrittenSettingsShape,
  document: WrittenDocument,
  body: JsonObject,
  shown: JsonObject,
  before: JsonObject,
): Promise<Result.Result<GatewayBody, GatewayError>> => {
  const settings = new Map<string, unknown>()
  const noted = new Map<string, unknown>()
  const lists: Partial<Record<typeof listFields[number], unknown>> = {}
  const secrets: Array<NewSecret> = []
  const problems: Array<string> = []
  const { unset = [], ...members } = body
  if (Array.isArray(unset) && unset.every(isSetting)) {
    for (const name of unset) {
      settings.set(name, undefined)
    }
  } else problems.push("unset: expected a list of settings' names")
  for (const [name, value] of Object.entries(members)) {
    if (name === "id" || readOnlyFields.includes(name)) continue
    const list = listFields.find((field) => field === name)
    if (Object.hasOwn(shown, name) && sameJson(value, shown[name])) {
      if (list === undefined && Object.hasOwn(before, name)) settings.set(name, before[name])
      if (isNotedField(name)) noted.set(name, value)
    } else if (list !== undefined) {
      if (value !== null) lists[list] = value
    } else if (isNotedField(name) && !Object.hasOwn(GatewayEntry.fields, name)) {
      const problem = notedProblem(name, value)
      if (problem === undefined) noted.set(name, value)
      else problems.push(problem)
    } else if (value === null) {
      settings.set(name, acceptsNull(name) ? null : undefined)
    } else if (name === "spend_limits") {
      settings.set(name, withRuleDefaults(value))
    } else if (Object.hasOwn(sealing, name)) {
      const kept = await sealing[name as keyof typeof sealing](written, document, value, before[name])
      if (Result.isFailure(kept)) return Result.fail(kept.failure)
      settings.set(name, kept.success.value)
      secrets.push(...kept.success.secrets)
    } else settings.set(name, value)
  }
  return problems.length > 0
    ? Result.fail(adminBadRequest(`${problems.slice(0, 5).join("; ")}.`))
    : Result.succeed({ settings, noted, lists, secrets })
}
