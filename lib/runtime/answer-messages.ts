/**
 * Sends an answer over a socket: as one message, or as one for each of its events.
 *
 * @module
 */
import { eventReader } from "../sse/event-data.ts"
import { isEventStream } from "../sse/framing.ts"
import { concatBytes } from "../bytes/concat.ts"
import { decoded, decodingOf } from "../headers/content-codings.ts"
import { createdMessage, doneMessage, failedMessage, metadataOf, streamedMessage } from "./socket-frames.ts"
import type { SocketOutlet } from "./socket-outlet.ts"

/** The most bytes of one message: an event of a stream, or an answer that is not a stream. */
const mostOfOne = 16_777_216
/** Above this size, a socket holds only one answer at a time. */
const large = 1_048_576

/** Waits for a turn, and resolves to the function that ends it. */
export type Turn = () => Promise<() => void>

/** Makes turns, only one of which runs at a time. */
export const makeTurns = (): Turn => {
  let last: Promise<void> = Promise.resolve()
  return () =>
    new Promise((begin) => {
      last = last.then(() => new Promise<void>((end) => begin(end)))
    })
}

/** A body decoded so that it can be text; `undefined` if its content coding is not known here. */
const plain = (
  { headers, body }: Response,
): ReadableStream<Uint8Array<ArrayBuffer>> | null | undefined => {
  const decoding = decodingOf(headers)
  if (body === null || decoding === undefined) return body
  return decoding.kind === "formats" ? decoded(body, decoding.formats) : undefined
}

/** The chunks of a body, each once the client has read enough of the earlier ones. */
async function* chunksOf(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  { room }: SocketOutlet,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const reader = body.getReader()
  try {
    while (await room()) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    reader.cancel().catch(() => {})
  }
}

/**
 * Sends an answer. Never rejects: an answer that breaks off, or is too large, ends with `universal.error`.
 *
 * @param eventId the client's own, as JSON
 * @param turn taken while something large is held
 */
export const tellAnswer = async (
  response: Response,
  eventId: string | undefined,
  outlet: SocketOutlet,
  turn: Turn,
): Promise<void> => {
  const metadata = metadataOf(response, eventId)
  let end: (() => void) | undefined
  /** Whether a large answer may be held. */
  const hold = async (size: number): Promise<boolean> => {
    if (size > large) end ??= await turn()
    return size <= mostOfOne
  }
  const letGo = (): void => {
    end?.()
    end = undefined
  }
  const tooLarge = (what: string): string =>
    failedMessage(
      metadata,
      `${what} is larger than the ${mostOfOne} bytes of one message. Send the request as a POST for it.`,
    )

  const tellWhole = async (body: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> => {
    const chunks: Array<Uint8Array<ArrayBuffer>> = []
    let size = 0
    for await (const chunk of chunksOf(body, outlet)) {
      size += chunk.byteLength
      if (!await hold(size)) return tooLarge("The answer")
      chunks.push(chunk)
    }
    return createdMessage(metadata, new TextDecoder().decode(concatBytes(chunks, size)))
  }
  const tellEvents = async (body: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> => {
    await outlet.send(createdMessage(metadata))
    const events = eventReader()
    for await (const chunk of chunksOf(body, outlet)) {
      for (const data of events.push(chunk)) {
        if (data === "[DONE]") continue
        if (data.length > mostOfOne) return tooLarge("An event of the answer")
        await outlet.send(streamedMessage(eventId, data))
      }
      if (!await hold(events.held())) return tooLarge("An event of the answer")
      if (events.held() <= large) letGo()
    }
    return doneMessage(metadata)
  }

  try {
    const body = plain(response)
    if (body === undefined) {
      await response.body?.cancel()
      await outlet.send(
        failedMessage(
          metadata,
          "The answer has a content-encoding, which a message cannot carry. Request it without one.",
        ),
      )
    } else if (body === null) await outlet.send(createdMessage(metadata, ""))
    else await outlet.send(await (isEventStream(response.headers) ? tellEvents(body) : tellWhole(body)))
  } catch {
    await outlet.send(failedMessage(metadata, "The answer is not complete."))
  } finally {
    letGo()
  }
}
