/**
 * The events that report a cut stream to its client, in the stream's own format.
 *
 * @module
 */
import type { Framing } from "../sse/framing.ts"
import { isPolicyCut, policyError } from "../errors/policy-errors.ts"
import type { BodyCut } from "../upstream/guarded-body.ts"
import type { ReportedResponse } from "./stream-facts.ts"

const sentences: Partial<Record<BodyCut, string>> = {
  upstream_cut: "Baseten cut the stream short: the answer is not complete.",
  idle: "Baseten fell silent: the answer is not complete.",
  first_byte_timeout: "Baseten sent no data in time.",
  total_timeout: "The call took longer than the gateway allows: the answer is not complete.",
  draining: "The gateway is stopping: the answer is not complete. Try again.",
}

const event = (type: string, members: object): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`

/** A response with every member of OpenAI's description. */
const failedResponse = ({ id, created_at, model }: ReportedResponse, message: string) => ({
  id,
  object: "response",
  created_at,
  status: "failed",
  // One of OpenAI's codes, which clients know to be retryable.
  error: { code: "server_error", message },
  incomplete_details: null,
  instructions: null,
  max_output_tokens: null,
  model,
  output: [],
  parallel_tool_calls: true,
  temperature: null,
  tool_choice: "auto",
  tools: [],
  top_p: null,
  metadata: {},
  usage: null,
})

/**
 * The events that say how a stream ended.
 *
 * A Responses stream gets two, as OpenAI's own does: OpenAI's libraries throw on `error`; Codex ignores that, and
 * obeys `response.failed`, which is sent if the stream has named its response.
 *
 * @param sequence the highest `sequence_number` of a Responses stream; -1 if there was none
 */
export const cutNotice = (
  framing: Framing,
  cut: BodyCut,
  sequence: number,
  response: ReportedResponse | undefined,
): string => {
  const policy = isPolicyCut(cut) ? policyError(cut) : undefined
  const message = policy?.detail ?? sentences[cut] ?? "The answer is not complete."
  const code = policy?.code ?? cut
  const error = { message, type: policy === undefined ? cut : "blocked", code, param: null }
  switch (framing) {
    case "chat":
    case "completions":
      return `data: ${JSON.stringify({ error })}\n\n`
    case "messages":
      return event("error", { error: { type: "api_error", message, ...(policy !== undefined && { code }) } })
    case "responses": {
      const notice = event("error", {
        sequence_number: sequence + 1,
        code,
        message,
        param: null,
        error,
      })
      if (response === undefined) return notice
      const failed = { sequence_number: sequence + 2, response: failedResponse(response, message) }
      return notice + event("response.failed", failed)
    }
  }
}
