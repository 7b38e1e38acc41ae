/** Every error body shape that Baseten is known to send, and which surface sends which. */
import { STATUS_CODES } from "node:http"
import { type Answer, json } from "./answer.ts"

export type Surface = "model-api" | "messages" | "responses" | "dedicated"

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
  if (surface === "responses") return newerEngineError(status, message)
  return surface === "dedicated" ? dedicatedError(status, message) : plainError(status, message)
}

export const modelUnknown = () => plainError(404, "please check the model you provided")
export const bodyInvalid = () => plainError(400, "Invalid request body")

/** The status in words, for the shapes that name it. */
export function reason(status: number): string {
  if (status === 529) return "Overloaded"
  return STATUS_CODES[status] ?? (status < 500 ? "Bad Request" : "Internal Server Error")
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
