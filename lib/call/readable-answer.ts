/**
 * Decodes an answer that came in a content coding though none was requested.
 *
 * @module
 */
import * as Result from "effect/Result"
import type { GatewayError } from "../errors.ts"
import { providerCoded } from "../errors/provider-errors.ts"
import { TransformedBody } from "../upstream/derived-body.ts"
import type { UpstreamAnswer } from "../upstream/Upstream.ts"
import { decoded, decodingOf } from "../headers/content-codings.ts"
import type { CallTarget } from "./target.ts"
import { bringsAnswer } from "./observe-answer.ts"

/**
 * The answer to a call of a known format, decoded: an answer that cannot be read can neither be metered nor checked for
 * its end. A stream in an unknown coding is refused; other answers are passed on unchanged.
 */
export const readable = (
  target: CallTarget,
  answer: UpstreamAnswer,
): Result.Result<UpstreamAnswer, GatewayError> => {
  const { status, headers } = answer
  if (
    target.route.framing === undefined || !bringsAnswer(status) || !headers.has("content-encoding")
  ) {
    return Result.succeed(answer)
  }
  const decoding = decodingOf(headers)
  if (decoding === undefined) return Result.succeed(answer)
  if (decoding.kind === "unreadable") {
    if (!target.body.view.stream) return Result.succeed(answer)
    answer.release()
    return Result.fail(providerCoded(new URL(target.route.url).host, decoding.coding))
  }
  headers.delete("content-encoding")
  headers.delete("content-length")
  const { formats } = decoding
  const body = answer.body && new TransformedBody(answer.body, (coded) => decoded(coded, formats))
  return Result.succeed({ ...answer, body })
}
