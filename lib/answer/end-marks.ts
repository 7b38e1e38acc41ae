/**
 * How a stream ends: with which event, or which line.
 *
 * @module
 */
import type { Framing } from "../sse/framing.ts"

const endEvents: Record<Framing, ReadonlySet<unknown>> = {
  chat: new Set(),
  completions: new Set(),
  messages: new Set(["message_stop"]),
  responses: new Set(["response.completed", "response.incomplete", "response.failed", "response.cancelled"]),
}

/** Whether an event ends its stream, by the `type` of its data or by its own name. */
export const isEndEvent = (framing: Framing, type: unknown): boolean => endEvents[framing].has(type)

/** Whether a framing ends with a special line. */
export const isChat = (framing: Framing): boolean => framing === "chat" || framing === "completions"

/** The line that ends a chat, which has no event name and no JSON. */
const done = /(?:^|\n)data:[ ]*\[DONE\]/

/**
 * Whether a chat's stream has reached its `[DONE]`. Its blank line need not have arrived, since nothing is lost with
 * it, unlike with that of an event whose data matters.
 *
 * @param text events, or the beginning of one, whose lines end with LF alone
 */
export const isDone = (text: string, framing: Framing): boolean =>
  isChat(framing) && text.includes("[DONE]") && done.test(text)
