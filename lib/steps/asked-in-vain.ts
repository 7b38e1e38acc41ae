/**
 * Servers that refuse to be asked for the usage: engines older than `stream_options`, and strict ones that take no
 * field they do not know.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import type { StepAnswer } from "./call.ts"

/** An error that names a field is short; a longer one, or one of unknown length, is not read here. */
const longestRefusal = 16_384

const mayRefuse = ({ response }: StepAnswer): boolean =>
  // The body last: on Node a look at it makes a stream.
  (response.status === 400 || response.status === 422) &&
  Number(response.headers.get("content-length") ?? NaN) <= longestRefusal && response.body !== null

/**
 * The answer to a request that the gateway has added `stream_options` to. Nothing where it is an error that is about
 * them, or that breaks off: it was not the client's request that failed. Its connection has been let go of then.
 */
export const unlessAskedInVain = (answer: StepAnswer): Effect.Effect<StepAnswer | undefined> => {
  if (!mayRefuse(answer)) return Effect.succeed(answer)
  return Effect.promise(() => answer.response.arrayBuffer().catch(() => undefined)).pipe(
    Effect.map((bytes) => {
      if (bytes === undefined || /stream_options|include_usage/.test(new TextDecoder().decode(bytes))) {
        answer.release()
        return undefined
      }
      return { ...answer, response: new Response(bytes, answer.response) }
    }),
    Effect.onInterrupt(() => Effect.sync(answer.release)),
  )
}
