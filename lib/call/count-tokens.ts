/**
 * Anthropic's `count_tokens`, which Baseten does not have: the gateway answers with an estimate, and says that it is one.
 *
 * It is what limits expect a call to read (`lib/usage/estimate.ts`). Nothing is sent to a provider, charged or logged.
 *
 * @module
 */
import * as Result from "effect/Result"
import { stringIn } from "../body/body-view.ts"
import { heldBytes } from "../body/prepared-body.ts"
import { badRequest } from "../errors.ts"
import { HeaderFields } from "../headers/header-fields.ts"
import { membersNamed } from "../json/members.ts"
import { OPEN_ARRAY } from "../json/tokens.ts"
import { jsonProblem } from "../json/whole-json.ts"
import { estimateInput } from "../usage/estimate.ts"
import { type Call, type CallResult, type Next, PendingAnswer } from "./call.ts"

const names = ["model", "messages"] as const

/** Answers calls that count tokens, and passes on all others. */
export const tokensCounted = (next: Next): Next => (call) =>
  call.target.route.counts ? Promise.resolve(counted(call)) : next(call)

const counted = (call: Call): CallResult => {
  const { target, report } = call
  const bytes = heldBytes(target.body)
  const problem = jsonProblem(bytes)
  if (problem !== undefined) return Result.fail(badRequest(problem))
  const members = membersNamed(bytes, names)?.named
  const messages = members?.get("messages")?.last
  if (messages === undefined || bytes[messages.start] !== OPEN_ARRAY) {
    return Result.fail(
      badRequest('The body has no list of "messages". Send what POST /v1/messages takes.'),
    )
  }
  report.model = stringIn(bytes, members?.get("model")?.first)?.slice(0, 256).toWellFormed() ?? null
  report.cost = 0
  const count = { input_tokens: estimateInput(bytes.byteLength), estimated: true }
  const headers = HeaderFields.from([
    ["content-type", "application/json"],
    ["x-basegate-estimated", "input_tokens"],
  ])
  return Result.succeed(
    new PendingAnswer({
      status: 200,
      statusText: "",
      headers,
      received: headers,
      body: new TextEncoder().encode(JSON.stringify(count)),
      release: () => {},
    }, call),
  )
}
