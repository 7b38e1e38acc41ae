/** Server-sent events as Baseten frames them. */
import type { SseEvent } from "./answer.ts"
import type { JsonObject } from "./values.ts"

export const doneEvent: SseEvent = { text: "data: [DONE]\n\n", last: true }

export function dataEvent(value: unknown): SseEvent {
  return { text: `data: ${JSON.stringify(value)}\n\n` }
}

/** The Messages and Responses routes name each event after the `type` of its payload. */
export function typedEvent(type: string, members: JsonObject, last = false): SseEvent {
  const text = `event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`
  return last ? { text, last } : { text }
}
