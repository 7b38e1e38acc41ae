/**
 * Servers that refuse to be asked for the usage: engines older than `stream_options`, and strict ones that take no
 * field they do not know.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import { concatBytes } from "../bytes/concat.ts"
import { bodyOfBytes } from "../upstream/derived-body.ts"
import { isCoded } from "../headers/content-codings.ts"
import type { StepAnswer } from "./call.ts"

/** An error that names a field is short, in bytes, and comes at once, in milliseconds. */
const longestRefusal = 16_384
const refusalTime = 2_000

const isRefusal = ({ status }: StepAnswer): boolean => status === 400 || status === 422

/** The whole of a short body; nothing of one that is longer, or breaks off. The answer's own clocks run meanwhile. */
const wholeOf = async ({ body }: StepAnswer): Promise<Uint8Array<ArrayBuffer> | undefined> => {
  if (body === undefined) return new Uint8Array()
  const chunks: Array<Uint8Array> = []
  let size = 0
  try {
    while (size <= longestRefusal) {
      const { done, value } = await body.read()
      if (done) return concatBytes(chunks, size)
      chunks.push(value)
      size += value.byteLength
    }
  } catch {
    // It broke off, or a clock ran out.
  }
  return undefined
}

/**
 * The answer to a request that the gateway has added `stream_options` to. Nothing where it is an error that is about
 * them, or that does not say what it is about: in a coding, too long, too slow, or broken off. It may not have been the
 * client's request that failed, and an error is cheap to ask for again. Its connection has been let go of then.
 */
export const unlessAskedInVain = (answer: StepAnswer): Effect.Effect<StepAnswer | undefined> => {
  if (!isRefusal(answer)) return Effect.succeed(answer)
  const read = isCoded(answer.headers) ? Effect.undefined : Effect.promise(() => wholeOf(answer)).pipe(
    Effect.timeoutOrElse({ duration: refusalTime, orElse: () => Effect.undefined }),
  )
  return read.pipe(
    Effect.map((bytes) => {
      if (bytes === undefined || /stream_options|include_usage/.test(new TextDecoder().decode(bytes))) {
        answer.release()
        return undefined
      }
      return { ...answer, body: bodyOfBytes(bytes) }
    }),
    Effect.onInterrupt(() => Effect.sync(answer.release)),
  )
}
