/**
 * The messages of a socket with universal requests: Cloudflare's, and `universal.error` in addition.
 *
 * A provider's JSON and a client's `eventId` are copied into them as text: decoding and encoding again would lose the
 * digits of large numbers.
 *
 * @module
 */
import { viewedMembers, viewOf } from "../body/body-view.ts"
import { membersNamed, type Named, parseBytes } from "../json/members.ts"
import { parseOrUndefined } from "../json/parse.ts"

/** A request that has come over a socket. */
export interface SocketRequest {
  /** The request in its own bytes. */
  readonly body: Uint8Array<ArrayBuffer>
  /** The client's id of the request, as JSON; `undefined` if it sent none. */
  readonly eventId: string | undefined
}

/** The longest `eventId` and `type`, in bytes: an id is repeated with each event. */
const longestId = 2048

const decoder = new TextDecoder()

const usage =
  'Send {"type":"universal.create","request":{"eventId":…,"provider":…,"endpoint":…,"headers":…,"query":…}}, each once.'

/** The request in a message, or what is wrong with the message. */
export const requestIn = (data: unknown): SocketRequest | string => {
  if (typeof data !== "string") return "Send messages as text."
  const bytes = new TextEncoder().encode(data)
  const members = membersNamed(bytes, ["type", "request"])?.named
  const type = bytesOf(bytes, members?.get("type"))
  const body = bytesOf(bytes, members?.get("request"))
  if (type === undefined || type.byteLength > longestId || body === undefined) return usage
  if (parseBytes(type) !== "universal.create") return usage
  const given = membersNamed(body, ["eventId"])?.named.get("eventId")
  if (given === undefined) return { body, eventId: undefined }
  const id = bytesOf(body, given)
  if (id === undefined || id.byteLength > longestId) {
    return `Send one eventId of at most ${longestId} bytes.`
  }
  const value = parseBytes(id)
  const isId = typeof value === "string" || typeof value === "number"
  return { body, eventId: isId ? decoder.decode(id) : undefined }
}

/** Whether the body for the provider asks for a stream. */
export const requestsStream = (request: Uint8Array<ArrayBuffer>): boolean => {
  const query = bytesOf(request, membersNamed(request, ["query"])?.named.get("query"))
  const members = query && viewedMembers(query)
  return query !== undefined && members !== undefined && viewOf(query, members).stream
}

/** The bytes of a member that occurs exactly once. */
const bytesOf = (
  bytes: Uint8Array<ArrayBuffer>,
  named: Named | undefined,
): Uint8Array<ArrayBuffer> | undefined =>
  named?.times === 1 ? bytes.subarray(named.first.start, named.first.end) : undefined

/** An answer's metadata, as JSON. */
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

/** The metadata of a message about a request that has no answer. */
export const idOf = (eventId: string | undefined): string =>
  eventId === undefined ? "{}" : `{"eventId":${eventId}}`

const message = (type: string, metadata: string, rest = ""): string =>
  `{"type":"universal.${type}","metadata":${metadata}${rest}}`

/** A whole answer, or the start of a stream. */
export const createdMessage = (metadata: string, response?: string): string =>
  message("created", metadata, response === undefined ? "" : `,"response":${asJson(response)}`)

/** One event of a stream. */
export const streamedMessage = (eventId: string | undefined, data: string): string =>
  message("stream", idOf(eventId), `,"response":${asJson(data)}`)

/** The end of a stream. */
export const doneMessage = (metadata: string): string => message("done", metadata)

/** Why there is no answer, or why it broke off. */
export const failedMessage = (metadata: string, why: string): string =>
  message("error", metadata, `,"error":${JSON.stringify({ message: why })}`)

/** JSON as it is, and any other text as a string. */
const asJson = (text: string): string => parseOrUndefined(text) === undefined ? JSON.stringify(text) : text
