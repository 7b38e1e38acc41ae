/**
 * The events that tell the client of a stream that it was cut, in the stream's own format.
 *
 * @module
 */
import type { Framing } from "../sse/framing.ts"
import type { Ending } from "../record/request-record.ts"
import type { ReportedResponse } from "./stream-facts.ts"

/** Cloudflare's code and sentence. */
const blocked = { code: 2030, message: "Response content blocked due to DLP policy violations" }

const sentences: Partial<Record<Ending, string>> = {
  upstream_cut: "Baseten cut the stream short: the answer is not complete.",
  idle: "Baseten fell silent: the answer is not complete.",
  first_byte_timeout: "Baseten sent no data in time.",
  total_timeout: "The call took longer than the gateway allows: the answer is not complete.",
  blocked: blocked.message,
  draining: "The gateway is stopping: the answer is not complete. Try again.",
}

const event = (type: string, members: object): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`

/** Every member that a response has in OpenAI's description. */
const failedResponse = ({ id, created_at, model }: ReportedResponse, message: string) => ({
  id,
  object: "response",
  created_at,
  status: "failed",
  // One of OpenAI's codes, which clients know to be worth another try.
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
 * A Responses stream gets two, as OpenAI's own does: OpenAI's libraries throw on `error`; Codex passes that over, and
 * obeys `response.failed`, which is there if the stream has said which response it brings.
 *
 * @param sequence the highest `sequence_number` of a Responses stream; -1 if there was none
 */
export const cutNotice = (
  framing: Framing,
  ending: Ending,
  sequence: number,
  response: ReportedResponse | undefined,
): string => {
  const message = sentences[ending] ?? "The answer is not complete."
  const code = ending === "blocked" ? blocked.code : ending
  const error = { message, type: ending, code, param: null }
  switch (framing) {
    case "chat":
    case "completions":
      return `data: ${JSON.stringify({ error })}\n\n`
    case "messages":
      return event("error", { error: { type: "api_error", message, ...(ending === "blocked" && { code }) } })
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
