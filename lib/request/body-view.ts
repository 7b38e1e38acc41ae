/**
 * What the gateway needs to know of a JSON request body: a view, beside the bytes that are forwarded.
 *
 * @module
 */
import { badChatRequest, badRequest, type GatewayError, invalidProvider } from "../errors.ts"
import { type JsonMember, parseBytes, replaceValue, topLevelMembers } from "./json-members.ts"

/** The view of a request to an LLM endpoint. */
export interface BodyView {
  readonly model: string | undefined
  readonly stream: boolean
}

/** The view of a body that was not looked at, or holds no JSON object. */
export const emptyView: BodyView = { model: undefined, stream: false }

const valueOf = (bytes: Uint8Array, member: JsonMember | undefined): unknown =>
  member && parseBytes(bytes.subarray(member.start, member.end))

const twoModels =
  'The body has more than one "model" key, so what is logged and limited might not be what runs. ' +
  "Send it once."

const viewOf = (bytes: Uint8Array, members: ReadonlyArray<JsonMember>): BodyView => {
  const model = valueOf(bytes, members.find(({ key }) => key === "model"))
  return {
    model: typeof model === "string" ? model : undefined,
    stream: valueOf(bytes, members.findLast(({ key }) => key === "stream")) === true,
  }
}

const modelsIn = (members: ReadonlyArray<JsonMember>) => members.filter(({ key }) => key === "model")

/**
 * Looks at a body that will be forwarded as it is.
 *
 * What is not a JSON object gives an empty view: Baseten answers for it. Two `model` keys are refused, since
 * two JSON readers may disagree on which of them counts.
 */
export const viewBody = (bytes: Uint8Array): BodyView | GatewayError => {
  const members = topLevelMembers(bytes)
  if (members === undefined) return emptyView
  return modelsIn(members).length > 1 ? badRequest(twoModels) : viewOf(bytes, members)
}

const strictText = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/** Why the bytes are not one JSON object in UTF-8, or nothing where they are. */
const fault = (bytes: Uint8Array): string | undefined => {
  let body: string
  try {
    body = strictText.decode(bytes)
  } catch {
    return "The body is not valid UTF-8. Encode the JSON in UTF-8."
  }
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? undefined
      : "The body is not a JSON object. Send one with model and messages."
  } catch {
    return "The body is not valid JSON. Check its syntax."
  }
}

/** A compat body made its provider's: the bytes to forward, the view of them, and whose they are. */
export interface CompatBody {
  /** What stands before the first slash of `model`: `baseten`, `custom-{slug}` or `dynamic`. Not yet known to exist. */
  readonly provider: string
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly view: BodyView
}

/** The bytes with another model, every other byte as it was. For a body that `compatBody` has read. */
export const withModel = (bytes: Uint8Array<ArrayBuffer>, model: string): Uint8Array<ArrayBuffer> => {
  const member = modelsIn(topLevelMembers(bytes) ?? [])[0]
  return member === undefined ? bytes : replaceValue(bytes, member, model)
}

/** As much of a caller's text as an error shows. */
const shown = (text: string): string => text.length > 100 ? `${text.slice(0, 100)}…` : text

/**
 * Takes the provider off a compat body's `model` (`baseten/openai/gpt-oss-120b` → `openai/gpt-oss-120b`).
 *
 * Split at the first slash only: Baseten's slugs hold slashes. Every other byte stays as it was.
 */
export const compatBody = (bytes: Uint8Array): CompatBody | GatewayError => {
  const wrong = fault(bytes)
  if (wrong !== undefined) return badChatRequest(wrong)
  const members = topLevelMembers(bytes) ?? []
  const models = modelsIn(members)
  const member = models[0]
  if (models.length > 1) return badChatRequest(twoModels)
  const name = valueOf(bytes, member)
  if (member === undefined || typeof name !== "string" || name === "") {
    return badChatRequest('The body has no "model" string. Name one as baseten/{model}.')
  }
  const slash = name.indexOf("/")
  const model = name.slice(slash + 1)
  if (slash < 1 || model === "") {
    return badChatRequest(
      `The model "${shown(name)}" has no provider before a slash. Name it as baseten/{model}.`,
    )
  }
  const provider = name.slice(0, slash)
  if (!/^(?:baseten|dynamic|custom-[a-z0-9-]{1,64})$/.test(provider)) return invalidProvider(shown(provider))
  return { provider, bytes: replaceValue(bytes, member, model), view: { ...viewOf(bytes, members), model } }
}
