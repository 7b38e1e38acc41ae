/** Every error body shape that Baseten is known to send, and which surface sends which. */
import { type Answer, json } from "./answer.ts"

export type Surface = "model-api" | "messages" | "dedicated"

export function plainError(status: number, message: string): Answer {
  return json({ error: message }, status)
}

export function olderEngineError(status: number, message: string): Answer {
  return json({ error: { code: status, message, type: reason(status) } }, status)
}

export function newerEngineError(status: number, message: string): Answer {
  return json({ message, type: reason(status), code: status }, status)
}

export function messagesError(status: number, message: string): Answer {
  const type = messagesErrorTypes[status] ?? (status < 500 ? "invalid_request_error" : "api_error")
  return json({ type: "error", error: { type, message }, request_id: null }, status)
}

export function dedicatedError(status: number, message: string, code = dedicatedCode(status)): Answer {
  return json({ error: message, error_code: code, detail: message }, status)
}

export function surfaceError(surface: Surface, status: number, message: string): Answer {
  if (surface === "messages") return messagesError(status, message)
  return surface === "dedicated" ? dedicatedError(status, message) : plainError(status, message)
}

export const modelUnknown = () => plainError(404, "please check the model you provided")
export const bodyInvalid = () => plainError(400, "Invalid request body")

export function reason(status: number): string {
  return reasons[status] ?? (status < 500 ? "Bad Request" : "Internal Server Error")
}

const reasons: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  402: "Payment Required",
  403: "Forbidden",
  404: "Not Found",
  413: "Payload Too Large",
  422: "Unprocessable Entity",
  429: "Too Many Requests",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
  529: "Overloaded",
}

const messagesErrorTypes: Readonly<Record<number, string>> = {
  401: "authentication_error",
  403: "permission_error",
  404: "not_found_error",
  429: "rate_limit_error",
  529: "overloaded_error",
}

function dedicatedCode(status: number): string {
  return dedicatedCodes[status] ?? (status < 500 ? "client_error" : "internal_baseten_error")
}

const dedicatedCodes: Readonly<Record<number, string>> = {
  401: "unauthorized",
  404: "model_does_not_exist",
  413: "payload_too_large",
  429: "rate_limited",
  500: "application_error",
  502: "model_unavailable",
  503: "model_not_ready",
  504: "timeout",
}
