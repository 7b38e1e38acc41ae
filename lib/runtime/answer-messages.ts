/**
 * Sends an answer over a socket: as one message, or as one for each of its events.
 *
 * @module
 */
import { eventReader } from "../sse/event-data.ts"
import { type BodyForm, formOf, isEventStream } from "../sse/framing.ts"
import { concatBytes } from "../bytes/concat.ts"
import { decoded, decodingOf } from "../headers/content-codings.ts"
import { createdMessage, doneMessage, failedMessage, metadataOf, streamedMessage } from "./socket-frames.ts"
import type { SocketOutlet } from "./socket-outlet.ts"

/** The most bytes of one message: an event of a stream, or an answer that is not a stream. */
const mostOfOne = 16_777_216
/** Above this size, a socket holds only one answer at a time. */
const large = 1_048_576

/** Waits for a turn; resolves to the function that ends it. */
export type Turn = () => Promise<() => void>

/** Creates turns, of which only one runs at a time. */
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

type Chunks = AsyncGenerator<Uint8Array<ArrayBuffer>, void, void>

/** The chunks of a body, each once the client has read enough of the earlier ones. */
async function* chunksOf(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  { room }: SocketOutlet,
): Chunks {
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

/** The number of bytes that suffice to recognise a body's form. */
const mostOfBeginning = 4096

/** The form of a body by its beginning, whatever its label says, and all of its chunks. */
const begun = async (
  chunks: Chunks,
): Promise<{ readonly form: BodyForm | undefined; readonly all: Chunks }> => {
  let beginning = new Uint8Array(0)
  for (;;) {
    const form = formOf(beginning)
    if (form !== undefined || beginning.length > mostOfBeginning) {
      return { form, all: behind(beginning, chunks) }
    }
    const { done, value } = await chunks.next()
    if (done === true) return { form, all: behind(beginning, chunks) }
    beginning = concatBytes([beginning, value], beginning.length + value.length)
  }
}

async function* behind(beginning: Uint8Array<ArrayBuffer>, rest: Chunks): Chunks {
  try {
    yield beginning
    yield* rest
  } finally {
    await rest.return()
  }
}

/**
 * Sends an answer. Never rejects: an answer that breaks off, or is too large, ends with `universal.error`.
 *
 * @param eventId the client's own, as JSON
 * @param asked whether the client requested a stream
 * @param turn held while a large answer is buffered
 */
export const sendAnswer = async (
  response: Response,
  eventId: string | undefined,
  asked: boolean,
  outlet: SocketOutlet,
  turn: Turn,
): Promise<void> => {
  const metadata = metadataOf(response, eventId)
  let end: (() => void) | undefined
  /** Waits for a turn if the answer is large. Returns whether it fits into one message. */
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

  /** All of a body as text; `undefined` if it is too large. */
  const wholeOf = async (all: Chunks): Promise<string | undefined> => {
    const chunks: Array<Uint8Array<ArrayBuffer>> = []
    let size = 0
    for await (const chunk of all) {
      size += chunk.byteLength
      if (!await hold(size)) return undefined
      chunks.push(chunk)
    }
    return new TextDecoder().decode(concatBytes(chunks, size))
  }
  const sendWhole = async (all: Chunks): Promise<string> => {
    const text = await wholeOf(all)
    return text === undefined ? tooLarge("The answer") : createdMessage(metadata, text)
  }
  const sendEvents = async (all: Chunks): Promise<string> => {
    const events = eventReader()
    for await (const chunk of all) {
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
  /** JSON that is labelled as a stream, as some servers label an error sent instead of one. */
  const sendOnly = async (all: Chunks): Promise<string> => {
    const text = await wholeOf(all)
    if (text === undefined) return tooLarge("The answer")
    await outlet.send(streamedMessage(eventId, text))
    return doneMessage(metadata)
  }
  const tell = async (chunks: Chunks): Promise<string> => {
    const isLabelled = isEventStream(response.headers)
    // A client that waits for a stream learns at once that it has begun.
    if (isLabelled) await outlet.send(createdMessage(metadata))
    else if (!asked) return sendWhole(chunks)
    const { form, all } = await begun(chunks)
    if (isLabelled) return form === "json" ? sendOnly(all) : sendEvents(all)
    if (form !== "events") return sendWhole(all)
    await outlet.send(createdMessage(metadata))
    return sendEvents(all)
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
    else await outlet.send(await tell(chunksOf(body, outlet)))
  } catch {
    await outlet.send(failedMessage(metadata, "The answer is not complete."))
  } finally {
    letGo()
  }
}
