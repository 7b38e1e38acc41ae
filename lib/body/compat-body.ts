/**
 * JSON bodies in which the model names its provider: compat's, the REST surface's, and the `{model, input}` of `/ai/run`.
 *
 * @module
 */
import * as Result from "effect/Result"
import { badChatRequest, type GatewayError, invalidProvider } from "../errors.ts"
import { replaceValue, splice } from "../json/edits.ts"
import { membersNamed } from "../json/members.ts"
import { CLOSE_OBJECT, OPEN_OBJECT, skipSpace } from "../json/tokens.ts"
import { jsonProblem } from "../json/whole-json.ts"
import { type BodyView, hasTwoModels, stringIn, twoModels, viewedMembers, viewOf } from "./body-view.ts"

/** A body rewritten for its provider: the bytes to forward, their view, and the provider. */
export interface CompatBody {
  /** The part of `model` before its first slash: `baseten`, `custom-{slug}`, or `dynamic` and `custom` for routes and aliases. Not yet known to exist. */
  readonly provider: string
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly view: BodyView
}

type Read = Result.Result<CompatBody, GatewayError>

/** The bytes with another model and every other byte unchanged. For a body that has been read here. */
export const withModel = (bytes: Uint8Array<ArrayBuffer>, model: string): Uint8Array<ArrayBuffer> => {
  const member = membersNamed(bytes, ["model"])?.named.get("model")?.first
  return member === undefined ? bytes : replaceValue(bytes, member, model)
}

/** How much of a caller's text an error quotes. */
const shown = (text: string): string =>
  text.length > 100 ? `${text.slice(0, 100).toWellFormed()}…` : text.toWellFormed()

const refused = (detail: string): Result.Result<never, GatewayError> => Result.fail(badChatRequest(detail))

const isProvider = (name: string): boolean => /^(?:baseten|dynamic|custom|custom-[a-z0-9-]{1,64})$/.test(name)

/** Takes the provider off a body's `model`, and changes no other byte. */
const withoutProvider = (bytes: Uint8Array<ArrayBuffer>, isBareBaseten: boolean): Read => {
  const wrong = jsonProblem(bytes)
  if (wrong !== undefined) return refused(wrong)
  const members = viewedMembers(bytes)
  if (members === undefined) {
    return refused("The body is not a JSON object. Send one with model and messages.")
  }
  if (hasTwoModels(members)) return refused(twoModels)
  const member = members.get("model")?.first
  const name = stringIn(bytes, member)
  if (member === undefined || name === undefined || name === "") return refused(noModel)
  // Split at the first slash only, since Baseten's slugs contain slashes.
  const slash = name.indexOf("/")
  const provider = name.slice(0, slash)
  const model = name.slice(slash + 1)
  if (slash < 1 || model === "") {
    return refused(
      `The model "${shown(name)}" has no provider before a slash. Name it as baseten/{model}.`,
    )
  }
  const view = viewOf(bytes, members)
  if (isProvider(provider)) {
    const named = replaceValue(bytes, member, model)
    return Result.succeed({ provider, bytes: named, view: { ...view, model: model.toWellFormed() } })
  }
  return isBareBaseten
    ? Result.succeed({ provider: "baseten", bytes, view })
    : Result.fail(invalidProvider(shown(provider)))
}

const noModel = 'The body has no "model" string. Name one as baseten/{model}.'

/** A compat body (`baseten/openai/gpt-oss-120b` → `openai/gpt-oss-120b`). */
export const compatBody = (bytes: Uint8Array<ArrayBuffer>): Read => withoutProvider(bytes, false)

/**
 * A body of the REST surface. A slug of Baseten's is accepted as it is (`openai/gpt-oss-120b`): what stands before its
 * first slash is no provider of a gateway.
 */
export const restBody = (bytes: Uint8Array<ArrayBuffer>): Read => withoutProvider(bytes, true)

/**
 * A body of Cloudflare's `/ai/run`: `{model, input, provider?}`. What is forwarded is the input, with the model.
 *
 * Fails if the input asks for a stream, which `/ai/run` does not have.
 */
export const runBody = (bytes: Uint8Array<ArrayBuffer>): Read => {
  const wrong = jsonProblem(bytes)
  if (wrong !== undefined) return refused(wrong)
  const members = membersNamed(bytes, ["model", "input", "provider"])?.named
  if (members === undefined) return refused("The body is not a JSON object. Send one with model and input.")
  for (const [key, { times }] of members) {
    if (times > 1) return refused(`The body has more than one "${key}" key. Send it once.`)
  }
  const model = stringIn(bytes, members.get("model")?.first)
  if (model === undefined) return refused(noModel)
  const input = members.get("input")?.first
  if (input === undefined || bytes[input.start] !== OPEN_OBJECT) {
    return refused(
      'The body has no "input" object. Send what chat completions take, such as {"messages": […]}.',
    )
  }
  const provider = stringIn(bytes, members.get("provider")?.first)
  const isNamed = provider === undefined || model.startsWith(`${provider}/`)
  const named = withMember(bytes.slice(input.start, input.end), isNamed ? model : `${provider}/${model}`)
  return Result.flatMap(
    restBody(named),
    (body) =>
      body.view.stream
        ? refused("The input asks for a stream. Send it to /ai/v1/chat/completions, or without stream.")
        : Result.succeed(body),
  )
}

/** An object with its model replaced, or put first. */
const withMember = (object: Uint8Array<ArrayBuffer>, model: string): Uint8Array<ArrayBuffer> => {
  const own = membersNamed(object, ["model"])
  const member = own?.named.get("model")
  // More than one are refused as in every body.
  if (member !== undefined) return member.times > 1 ? object : replaceValue(object, member.first, model)
  const isEmpty = object[skipSpace(object, 1)] === CLOSE_OBJECT
  const put = new TextEncoder().encode(`"model":${JSON.stringify(model)}${isEmpty ? "" : ","}`)
  return splice(object, { start: 1, end: 1 }, put)
}
