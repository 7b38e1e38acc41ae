/** Response headers: what the front end adds to everything, and what Baseten adds to its answers. */
import { randomBytes } from "node:crypto"
import type { Answer, HeaderMap } from "./answer.ts"

export function frontEndHeaders(): HeaderMap {
  return {
    "Via": "1.1 google",
    "Alt-Svc": 'h3=":443"; ma=2592000,h3-29=":443"; ma=2592000',
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "Vary": ["Origin", "Origin", "Origin"],
  }
}

/** Older engines name the request and the model; the newest ones only say when they took it. */
export function modelApiHeaders(engine: "older" | "newer"): HeaderMap {
  const acceptedAt = { "X-Baseten-Accepted-At": String(Date.now()) }
  if (engine === "newer") return acceptedAt
  const requestId = newRequestId()
  return {
    "X-Baseten-Request-Id": requestId,
    "X-Baseten-Session-Id": requestId,
    "X-Baseten-Model-Id": "5qe1z9q3",
    "X-Baseten-Model-Version-Id": "q04kz8w",
    "X-Baseten-Model-Prediction-Attempts": "1",
    ...acceptedAt,
    "x-ratelimit-limit-requests": "120",
    "x-ratelimit-remaining-requests": "119",
    "x-ratelimit-limit-tokens": "500000",
    "x-ratelimit-remaining-tokens": "499000",
  }
}

export function dedicatedHeaders(): HeaderMap {
  return { "X-Baseten-Request-Id": newRequestId() }
}

/** Sets headers; one that the answer has under a name of other case is replaced, not sent beside it. */
export function withHeaders(answer: Answer, headers: HeaderMap): Answer {
  const set = new Set(Object.keys(headers).map((name) => name.toLowerCase()))
  const kept = Object.entries(answer.headers).filter(([name]) => !set.has(name.toLowerCase()))
  return { ...answer, headers: { ...Object.fromEntries(kept), ...headers } }
}

function newRequestId(): string {
  return randomBytes(19).toString("hex").slice(0, 37)
}
