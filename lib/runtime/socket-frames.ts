/**
 * The messages of a socket with universal requests: Cloudflare's, and `universal.error` beside them.
 *
 * What a provider said, and the `eventId` of a client, stand in them in their own characters: decoding and encoding again
 * would lose the digits of large numbers.
 *
 * @module
 */
import { parseBytes, topLevelMembers } from "../request/json-members.ts"

/** A request that has come over a socket. */
export interface Asked {
  /** The request in its own bytes. */
  readonly body: Uint8Array<ArrayBuffer>
  /** By which the client tells answers apart, as JSON; nothing where it gave none. */
  readonly eventId: string | undefined
}

/** The longest `eventId`, in bytes: it goes out again with each event. */
const longestId = 2048

const decoder = new TextDecoder()

/** The request in a message, or what is wrong with the message. */
export const requestIn = (data: unknown): Asked | string => {
  if (typeof data !== "string") return "Send messages as text."
  const bytes = new TextEncoder().encode(data)
  const valueOf = (of: Uint8Array<ArrayBuffer>, key: string): Uint8Array<ArrayBuffer> | undefined => {
    const member = topLevelMembers(of)?.find((member) => member.key === key)
    return member && of.subarray(member.start, member.end)
  }
  const type = valueOf(bytes, "type")
  const body = valueOf(bytes, "request")
  if (type === undefined || parseBytes(type) !== "universal.create" || body === undefined) {
    return 'Send {"type":"universal.create","request":{"eventId":…,"provider":…,"endpoint":…,"headers":…,"query":…}}.'
  }
  const given = valueOf(body, "eventId")
  if (given === undefined) return { body, eventId: undefined }
  if (given.byteLength > longestId) return `Send an eventId of at most ${longestId} bytes.`
  const id = parseBytes(given)
  const isId = typeof id === "string" || typeof id === "number"
  return { body, eventId: isId ? decoder.decode(given) : undefined }
}

/** What is told of an answer beside it, as JSON. */
export const metadataOf = ({ headers, status }: Response, eventId: string | undefined): string => {
  const rest = JSON.stringify({
    cacheStatus: headers.get("cf-aig-cache-status"),
    logId: headers.get("cf-aig-log-id"),
    step: headers.get("cf-aig-step") ?? "0",
    contentType: headers.get("content-type") ?? "",
    status,
  })
  return `${idOf(eventId ?? JSON.stringify(headers.get("cf-aig-event-id"))).slice(0, -1)},${rest.slice(1)}`
}

/** The metadata of what belongs to a request alone. */
export const idOf = (eventId: string | undefined): string =>
  eventId === undefined ? "{}" : `{"eventId":${eventId}}`

const message = (type: string, metadata: string, rest = ""): string =>
  `{"type":"universal.${type}","metadata":${metadata}${rest}}`

/** An answer that is there whole, or the first word of a stream. */
export const created = (metadata: string, response?: string): string =>
  message("created", metadata, response === undefined ? "" : `,"response":${asJson(response)}`)

/** One event of a stream. */
export const streamed = (eventId: string | undefined, data: string): string =>
  message("stream", idOf(eventId), `,"response":${asJson(data)}`)

/** The last word of a stream. */
export const done = (metadata: string): string => message("done", metadata)

/** Why there is no answer, or no more of it. */
export const failed = (metadata: string, why: string): string =>
  message("error", metadata, `,"error":${JSON.stringify({ message: why })}`)

/** JSON as it is, and any other text as a string. */
const asJson = (text: string): string => {
  try {
    JSON.parse(text)
    return text
  } catch {
    return JSON.stringify(text)
  }
}
