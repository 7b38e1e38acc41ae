/**
 * What the gateway needs to know of a JSON request body: a view, beside the bytes that are forwarded.
 *
 * @module
 */
import * as Result from "effect/Result"
import { badChatRequest, badRequest, type GatewayError, invalidProvider } from "../errors.ts"
import { replaceValue } from "../json/edits.ts"
import { type JsonRange, type Members, membersNamed, parseString } from "../json/members.ts"
import { QUOTE } from "../json/tokens.ts"
import { jsonProblem } from "../json/whole-json.ts"

/** The view of a request to an LLM endpoint. */
export interface BodyView {
  readonly model: string | undefined
  readonly stream: boolean
  /** How many bytes of JSON were inspected, if that is not the body's own length: it is encoded, or streamed up. */
  readonly bytes?: number
}

/** The view of a body that was not inspected, or is not a JSON object. */
export const emptyView: BodyView = { model: undefined, stream: false }

const nothingSeen: Result.Result<BodyView> = Result.succeed(emptyView)

/** A string, from its bytes; values of other types, which may be of any size, are not parsed. */
const stringIn = (bytes: Uint8Array, range: JsonRange | undefined): string | undefined => {
  if (range === undefined || bytes[range.start] !== QUOTE) return undefined
  const value = parseString(bytes, range.start, range.end)
  return typeof value === "string" ? value : undefined
}

/** Whether a value is `true`: t, r, u, e. */
const isTrue = (bytes: Uint8Array, { start, end }: JsonRange): boolean =>
  end - start === 4 && bytes[start] === 0x74 && bytes[start + 1] === 0x72 && bytes[start + 2] === 0x75 &&
  bytes[start + 3] === 0x65

const viewed = ["model", "stream"] as const
type Viewed = Members<typeof viewed[number]>["named"]

/** What is wrong with a body whose model depends on its reader. */
export const twoModels =
  'The body has more than one "model" key, so what is logged and limited might not be what runs. ' +
  "Send it once."

const viewOf = (bytes: Uint8Array, members: Viewed): BodyView => {
  const stream = members.get("stream")?.last
  return {
    // Logs, collectors and digests cannot distinguish texts with half a surrogate pair.
    model: stringIn(bytes, members.get("model")?.first)?.toWellFormed(),
    stream: stream !== undefined && isTrue(bytes, stream),
  }
}

const hasTwoModels = (members: Viewed): boolean => (members.get("model")?.times ?? 0) > 1

/**
 * Inspects a body that is forwarded unchanged.
 *
 * Anything but a JSON object gives an empty view: Baseten is left to reject it. Two `model` keys are refused, since two
 * JSON readers may disagree on which of them counts.
 */
export const viewBody = (bytes: Uint8Array): Result.Result<BodyView, GatewayError> => {
  const members = membersNamed(bytes, viewed)?.named
  if (members === undefined) return nothingSeen
  return hasTwoModels(members) ? Result.fail(badRequest(twoModels)) : Result.succeed(viewOf(bytes, members))
}

/** A compat body rewritten for its provider: the bytes to forward, their view, and the provider. */
export interface CompatBody {
  /** The part of `model` before its first slash: `baseten`, `custom-{slug}` or `dynamic`. Not yet known to exist. */
  readonly provider: string
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly view: BodyView
}

/** The bytes with another model and every other byte unchanged. For a body that `compatBody` has read. */
export const withModel = (bytes: Uint8Array<ArrayBuffer>, model: string): Uint8Array<ArrayBuffer> => {
  const member = membersNamed(bytes, ["model"])?.named.get("model")?.first
  return member === undefined ? bytes : replaceValue(bytes, member, model)
}

/** How much of a caller's text an error quotes. */
const shown = (text: string): string =>
  text.length > 100 ? `${text.slice(0, 100).toWellFormed()}…` : text.toWellFormed()

const refused = (detail: string): Result.Result<never, GatewayError> => Result.fail(badChatRequest(detail))

/**
 * Takes the provider off a compat body's `model` (`baseten/openai/gpt-oss-120b` → `openai/gpt-oss-120b`).
 *
 * Splits at the first slash only, since Baseten's slugs contain slashes. Every other byte is unchanged.
 */
export const compatBody = (bytes: Uint8Array): Result.Result<CompatBody, GatewayError> => {
  const wrong = jsonProblem(bytes)
  if (wrong !== undefined) return refused(wrong)
  const members = membersNamed(bytes, viewed)?.named
  if (members === undefined) {
    return refused("The body is not a JSON object. Send one with model and messages.")
  }
  const member = members.get("model")?.first
  if (hasTwoModels(members)) return refused(twoModels)
  const name = stringIn(bytes, member)
  if (member === undefined || name === undefined || name === "") {
    return refused('The body has no "model" string. Name one as baseten/{model}.')
  }
  const slash = name.indexOf("/")
  const model = name.slice(slash + 1)
  if (slash < 1 || model === "") {
    return refused(
      `The model "${shown(name)}" has no provider before a slash. Name it as baseten/{model}.`,
    )
  }
  const provider = name.slice(0, slash)
  if (!/^(?:baseten|dynamic|custom-[a-z0-9-]{1,64})$/.test(provider)) {
    return Result.fail(invalidProvider(shown(provider)))
  }
  const view = { ...viewOf(bytes, members), model: model.toWellFormed() }
  return Result.succeed({ provider, bytes: replaceValue(bytes, member, model), view })
}
