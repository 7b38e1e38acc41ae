/**
 * What the gateway needs to know of a JSON request body: a view, beside the bytes that are forwarded.
 *
 * @module
 */
import * as Result from "effect/Result"
import { badRequest, type GatewayError } from "../errors.ts"
import { type JsonRange, type Members, membersNamed, parseString } from "../json/members.ts"
import { QUOTE } from "../json/tokens.ts"

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
export const stringIn = (bytes: Uint8Array, range: JsonRange | undefined): string | undefined => {
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

/** The members that are viewed; `undefined` if the bytes are not one JSON object. */
export const viewedMembers = (bytes: Uint8Array): Viewed | undefined => membersNamed(bytes, viewed)?.named

/** What is wrong with a body whose model depends on its reader. */
export const twoModels =
  'The body has more than one "model" key, so what is logged and limited might not be what runs. ' +
  "Send it once."

/** The view of a body, from its members. */
export const viewOf = (bytes: Uint8Array, members: Viewed): BodyView => {
  const stream = members.get("stream")?.last
  return {
    // Logs, collectors and digests cannot distinguish texts with half a surrogate pair.
    model: stringIn(bytes, members.get("model")?.first)?.toWellFormed(),
    stream: stream !== undefined && isTrue(bytes, stream),
  }
}

/** Whether a body has more than one model: JSON readers may disagree on which of them counts. */
export const hasTwoModels = (members: Viewed): boolean => (members.get("model")?.times ?? 0) > 1

/**
 * Inspects a body that is forwarded unchanged.
 *
 * Anything but a JSON object gives an empty view: Baseten is left to reject it. Two `model` keys are refused, since two
 * JSON readers may disagree on which of them counts.
 */
export const viewBody = (bytes: Uint8Array): Result.Result<BodyView, GatewayError> => {
  const members = viewedMembers(bytes)
  if (members === undefined) return nothingSeen
  return hasTwoModels(members) ? Result.fail(badRequest(twoModels)) : Result.succeed(viewOf(bytes, members))
}
