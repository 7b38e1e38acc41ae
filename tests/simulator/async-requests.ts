/** Asynchronous predictions: accepted, polled, canceled. No clock: each poll moves a request one step on. */
import { randomUUID } from "node:crypto"
import { type Answer, json } from "./answer.ts"
import { dedicatedError } from "./errors.ts"
import { isObject } from "./values.ts"

type Submitted = { polls: number; canceled: boolean; readonly hasWebhook: boolean }

export type AsyncRequests = {
  submit(targetId: string, body: unknown, bodyBytes: number): Answer
  status(targetId: string, requestId: string): Answer
  cancel(targetId: string, requestId: string): Answer
  queueStatus(targetId: string): Answer
}

const payloadLimit = 256 * 1024
const kept = 10_000
const steps = ["QUEUED", "IN_PROGRESS", "SUCCEEDED"] as const

export function createAsyncRequests(): AsyncRequests {
  const submitted = new Map<string, Submitted>()
  const keyOf = (targetId: string, requestId: string) => `${targetId}/${requestId}`
  const stepOf = (request: Submitted) =>
    request.canceled ? "CANCELED" : steps[Math.min(request.polls, 2)] ?? "QUEUED"
  const unknown = () => dedicatedError(404, "Async request not found", "client_error")

  function submit(targetId: string, body: unknown, bodyBytes: number): Answer {
    if (bodyBytes > payloadLimit) return dedicatedError(413, "Async payload is over 256 KiB")
    if (!isObject(body) || !("model_input" in body)) return dedicatedError(400, "model_input is required")
    const priority = body["priority"]
    if (priority !== undefined && priority !== 0 && priority !== 1 && priority !== 2) {
      return dedicatedError(400, "priority must be 0, 1 or 2")
    }
    const requestId = randomUUID().replaceAll("-", "")
    const hasWebhook = typeof body["webhook_endpoint"] === "string"
    submitted.set(keyOf(targetId, requestId), { polls: 0, canceled: false, hasWebhook })
    const [oldest] = submitted.keys()
    if (oldest !== undefined && submitted.size > kept) submitted.delete(oldest)
    return json({ request_id: requestId }, 201)
  }

  function status(targetId: string, requestId: string): Answer {
    const request = submitted.get(keyOf(targetId, requestId))
    if (request === undefined) return unknown()
    const step = stepOf(request)
    request.polls += 1
    const webhook = step === "SUCCEEDED" ? "SUCCEEDED" : step === "CANCELED" ? "CANCELED" : "PENDING"
    return json({
      request_id: requestId,
      model_id: targetId,
      deployment_id: "q04kz8w",
      status: step,
      webhook_status: request.hasWebhook ? webhook : "NO_WEBHOOK_PROVIDED",
      errors: [],
    })
  }

  function cancel(targetId: string, requestId: string): Answer {
    const request = submitted.get(keyOf(targetId, requestId))
    if (request === undefined) return unknown()
    const canceled = stepOf(request) === "QUEUED"
    if (canceled) request.canceled = true
    const message = canceled ? "The request was canceled." : "Only a queued request can be canceled."
    return json({ request_id: requestId, canceled, message })
  }

  function queueStatus(targetId: string): Answer {
    const own = [...submitted].filter(([key]) => key.startsWith(`${targetId}/`)).map(([, request]) =>
      stepOf(request)
    )
    return json({
      model_id: targetId,
      deployment_id: "q04kz8w",
      num_queued_requests: own.filter((step) => step === "QUEUED").length,
      num_in_progress_requests: own.filter((step) => step === "IN_PROGRESS").length,
    })
  }

  return { submit, status, cancel, queueStatus }
}
