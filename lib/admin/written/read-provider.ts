/**
 * Reads a custom provider from a request's body.
 *
 * @module
 */
import * as Result from "effect/Result"
import { adminBadRequest, badBaseUrl } from "../../errors/admin-errors.ts"
import type { GatewayError } from "../../errors.ts"
import { isObject, objectOf, parseOrUndefined } from "../../json/parse.ts"
import type { NewSecret } from "../../settings-store/change.ts"
import type { WrittenProvider } from "../../settings-store/document.ts"
import type { WriteContext } from "./context.ts"
import { type BodyMembers, openMembers } from "./body-members.ts"
import { providerProblem } from "./provider-problem.ts"
import { keepHeaders, type KeptHeaders } from "./references.ts"

/** Descriptive members. */
const notes = ["name", "description", "link", "logo", "curl_example", "js_example"] as const

/** The members of a body, which replace the previous ones. */
const noted = (members: BodyMembers, before: Readonly<Record<string, unknown>> = {}) => {
  const now: Record<string, unknown> = { beta: false, position: 0, ...before }
  for (const name of notes) {
    const value = members.text(name, name === "name" ? 200 : 8192)
    if (members.has(name)) now[name] = value ?? ""
  }
  const beta = members.boolean("beta")
  if (beta !== undefined) now["beta"] = beta
  const position = members.integer("position", 0, 1_000_000)
  if (position !== undefined) now["position"] = position
  return now
}

/** The headers of a body: a JSON object as text, as at Cloudflare, or the object. */
const headersIn = (members: BodyMembers): ReadonlyArray<readonly [string, unknown]> | undefined => {
  const given = members.any("headers")
  if (given === undefined) return members.has("headers") ? [] : undefined
  const headers = given === "" ? {} : typeof given === "string" ? parseOrUndefined(given) : given
  if (isObject(headers)) return Object.entries(headers)
  members.refuse("headers: expected text of a JSON object, with a header's value by its name")
  return undefined
}

/** The result of reading a body. */
interface ReadProvider {
  readonly part: Pick<WrittenProvider, "slug" | "enable" | "settings" | "noted">
  readonly secrets: ReadonlyArray<NewSecret>
}

/** Applies a body to the previous provider, and encrypts secrets. */
export const readProvider = async (
  context: WriteContext,
  before: WrittenProvider | undefined,
): Promise<Result.Result<ReadProvider, GatewayError>> => {
  const { body, written, document } = context
  const members = openMembers(body)
  if (before === undefined) {
    for (
      const [name, what] of [["name", "a name"], ["slug", "a slug"], ["base_url", "an https URL"]] as const
    ) {
      members.require(name, what)
    }
  }
  const slug = members.text("slug", 64) ?? before?.slug ?? ""
  if (before !== undefined && slug !== before.slug) {
    members.refuse("slug: expected the one that the provider has")
  }
  const url = members.text("base_url", 2048) ?? before?.settings["base_url"]
  const allow = members.boolean("allow_http") ?? before?.settings["allow_http"]
  const enable = members.boolean("enable") ?? before?.enable ?? true
  const headers = headersIn(members)
  const notes = noted(members, before?.noted)
  const problem = members.problem()
  if (problem !== undefined) return Result.fail(problem)
  const old = objectOf(before?.settings["headers"])
  const kept: Result.Result<KeptHeaders, GatewayError> = headers === undefined
    ? Result.succeed({ headers: old as KeptHeaders["headers"], secrets: [] })
    : await keepHeaders(written, document, "headers", headers, old)
  if (Result.isFailure(kept)) return Result.fail(kept.failure)
  const { headers: all, secrets } = kept.success
  const settings = {
    base_url: url,
    ...(allow !== undefined && { allow_http: allow }),
    ...(Object.keys(all).length > 0 && { headers: all }),
  }
  const issue = providerProblem(slug, settings)
  return issue === undefined
    ? Result.succeed({ part: { slug, enable, settings, noted: notes }, secrets })
    : Result.fail((issue.startsWith("base_url:") ? badBaseUrl : adminBadRequest)(`${issue}.`))
}
