/**
 * An answer that came in a content coding though none was asked for, made readable.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import { type GatewayError, providerCoded } from "../errors.ts"
import { readChunks } from "../relay/chunk-reader.ts"
import { undoing } from "../relay/content-codings.ts"
import type { StepAnswer } from "./call.ts"
import type { Step } from "./step.ts"

/**
 * The answer to a call whose format is known, its coding undone: what cannot be read cannot be metered, nor seen to its
 * end. A stream in a coding that is not known here is refused; other answers are handed on as they came.
 */
export const readable = (step: Step, answer: StepAnswer): Effect.Effect<StepAnswer, GatewayError> => {
  const { response, headers } = answer
  if (step.route.framing === undefined || response.status !== 200 || !headers.has("content-encoding")) {
    return Effect.succeed(answer)
  }
  const undo = undoing(headers)
  if (undo === undefined) return Effect.succeed(answer)
  if (undo.kind === "unreadable") {
    if (!step.body.view.stream) return Effect.succeed(answer)
    answer.release()
    return Effect.fail(providerCoded(new URL(step.route.url).host, undo.coding))
  }
  headers.delete("content-encoding")
  headers.delete("content-length")
  return Effect.succeed({ ...answer, response: decoded(response, undo.formats), openReader: readChunks })
}

/** So few bytes at a time, since some runtimes decode all that they are given at once, into one piece. */
const slice = 4096

const sliced = (): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> =>
  new TransformStream({
    transform: (chunk, controller) => {
      for (let at = 0; at < chunk.length; at += slice) controller.enqueue(chunk.subarray(at, at + slice))
    },
  })

const decoded = (
  { body, status, statusText }: Response,
  formats: ReadonlyArray<CompressionFormat>,
): Response => {
  let plain = body
  for (const format of formats) {
    const decoder = new DecompressionStream(format) as TransformStream<Uint8Array, Uint8Array<ArrayBuffer>>
    plain = plain?.pipeThrough(sliced()).pipeThrough(decoder) ?? null
  }
  return new Response(plain, { status, statusText })
}
