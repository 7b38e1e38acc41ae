/**
 * Decodes an answer that came in a content coding though none was requested.
 *
 * @module
 */
import * as Result from "effect/Result"
import type { GatewayError } from "../errors.ts"
import { providerCoded } from "../errors/provider-errors.ts"
import { TransformedBody } from "../upstream/derived-body.ts"
import type { Framing } from "../sse/framing.ts"
import type { HeaderReader } from "../headers/header-reader.ts"
import type { UpstreamAnswer } from "../upstream/Upstream.ts"
import { decoded, decodingOf } from "../headers/content-codings.ts"
import type { CallTarget } from "./target.ts"
import { bringsAnswer, labelOf } from "./observe-answer.ts"

/** Whether an answer is read on its way: for its end, if the call's format is known, or else for the tokens it reports. */
const isRead = (framing: Framing | undefined, headers: HeaderReader): boolean =>
  framing !== undefined || labelOf(headers) !== "other"

/**
 * The answer, decoded if it is read: otherwise it could neither be metered nor checked for its end. A stream of a known
 * format in an unknown coding is refused; other answers are passed on unchanged.
 */
export const readable = (
  target: CallTarget,
  answer: UpstreamAnswer,
): Result.Result<UpstreamAnswer, GatewayError> => {
  const { status, headers } = answer
  if (!headers.has("content-encoding") || !bringsAnswer(status) || !isRead(target.route.framing, headers)) {
    return Result.succeed(answer)
  }
  const decoding = decodingOf(headers)
  if (decoding === undefined) return Result.succeed(answer)
  if (decoding.kind === "unreadable") {
    if (target.route.framing === undefined || !target.body.view.stream) return Result.succeed(answer)
    answer.release()
    return Result.fail(providerCoded(new URL(target.route.url).host, decoding.coding))
  }
  headers.delete("content-encoding")
  headers.delete("content-length")
  const { formats } = decoding
  const body = answer.body && new TransformedBody(answer.body, (coded) => decoded(coded, formats))
  return Result.succeed({ ...answer, body })
}
