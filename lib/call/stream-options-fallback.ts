/**
 * Requests the usage of streams; a server that refuses `stream_options` gets the call as its client wrote it. Engines that
 * predate the field refuse it, and so do strict ones that accept no unknown fields.
 *
 * @module
 */
import * as Result from "effect/Result"
import { requestUsage } from "../body/include-usage.ts"
import { concatBytes } from "../bytes/concat.ts"
import { isCoded } from "../headers/content-codings.ts"
import type { Cut } from "../upstream/cut.ts"
import { bodyOfBytes } from "../upstream/derived-body.ts"
import type { UpstreamAnswer } from "../upstream/Upstream.ts"
import type { Call } from "./call.ts"
import type { CallTarget } from "./target.ts"
import type { Tried, TriedResult } from "./retried.ts"

/** An error about a field is short, in bytes, and arrives soon, in milliseconds. */
const longestRefusal = 16_384
const refusalTime = 2_000

/** The body, changed to request the usage; `undefined` if it does already, or cannot be changed. */
const bodyRequestingUsage = ({ route: { framing }, body }: CallTarget): CallTarget["body"] | undefined => {
  if (framing !== "chat" && framing !== "completions") return undefined
  // A body that is streamed up was not read, and encoded bytes are sent unchanged.
  if (!body.view.stream || body.kind !== "bytes" || body.coding !== undefined) return undefined
  const bytes = requestUsage(body.bytes)
  return bytes && { ...body, bytes }
}

/**
 * The complete body if it is short; `undefined` if it is longer, slower, breaks off, or is cut. Its own timeouts
 * apply meanwhile.
 */
const wholeOf = async (answer: UpstreamAnswer, cut: Cut): Promise<Uint8Array<ArrayBuffer> | undefined> => {
  const { body } = answer
  if (body === undefined) return new Uint8Array(0)
  const chunks: Array<Uint8Array> = []
  let size = 0
  const timer = setTimeout(() => answer.release(), refusalTime)
  const forgetCut = cut.onCut(() => answer.release())
  try {
    while (size <= longestRefusal) {
      const { done, value } = await body.read()
      if (done) return concatBytes(chunks, size)
      chunks.push(value)
      size += value.byteLength
    }
  } catch {
    // It broke off, or took too long.
  } finally {
    clearTimeout(timer)
    forgetCut()
  }
  return undefined
}

/**
 * The answer to a call that the gateway has added `stream_options` to; `undefined`, with its connection released, if it is
 * an error about them, or one that cannot be read: in a coding, too long, too slow, or broken off. The client's own request
 * may then be valid, and an error is cheap to get again.
 */
const unlessUnsupported = async (answer: UpstreamAnswer, cut: Cut): Promise<UpstreamAnswer | undefined> => {
  const bytes = isCoded(answer.headers) ? undefined : await wholeOf(answer, cut)
  if (bytes === undefined || /stream_options|include_usage/.test(new TextDecoder().decode(bytes))) {
    answer.release()
    return undefined
  }
  return { ...answer, body: bodyOfBytes(bytes) }
}

/** Tries a stream with the usage requested, which is removed from what the client gets; if that is refused, without. */
export const withUsageRequested = (tried: Tried): Tried => (call, use) => {
  const requesting = bodyRequestingUsage(call.target)
  if (requesting === undefined) return tried(call, use)
  call.body = requesting
  return tried(call, (result) => {
    if (Result.isSuccess(result)) {
      const { status } = result.success
      if (status === 400 || status === 422) return refused(tried, call, result.success, use)
      call.requestedUsage = true
    }
    return use(result)
  }) as Promise<ReturnType<typeof use>>
}

/** Uses the refusal if it is about something else, or tries again without the usage requested. */
const refused = async <A>(
  tried: Tried,
  call: Call,
  refusal: UpstreamAnswer,
  use: (result: TriedResult) => A,
): Promise<A> => {
  const { exchange } = call
  const answered = exchange.elapsed()
  const answer = await unlessUnsupported(refusal, call.cut)
  exchange.spentUpstream(exchange.elapsed() - answered)
  if (answer !== undefined) {
    call.requestedUsage = true
    return use(Result.succeed(answer))
  }
  call.body = call.target.body
  call.triesBefore = call.report.attempts.length
  return await tried(call, use)
}
