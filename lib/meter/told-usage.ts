/**
 * The usage that events tell, and JSON bodies.
 *
 * @module
 */
import type { Framing } from "../framing.ts"
import { usageKey, usageMember } from "./usage-member.ts"
import { laterUsage, type Usage, usageOf } from "./usage.ts"

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The data of an event: its `data` lines, joined as the HTML standard's event stream format says. */
export const dataOf = (event: string): string =>
  event.split("\n").filter((line) => line.startsWith("data:")).map((line) => line.slice(5)).join("\n")

/** The usage that a whole JSON object tells in a member of its own. See `usageOf` for `cachedApart`. */
export const usageInJson = (text: string, cachedApart: boolean): Usage | undefined => {
  const member = usageMember(text, 1, true)
  return member === undefined ? undefined : usageOf(parsed(member), cachedApart)
}

const objectOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? value as Readonly<Record<string, unknown>> : {}

/** The usage that a parsed event, or a parsed JSON body, tells. */
export const usageInValue = (value: unknown, cachedApart: boolean): Usage | undefined => {
  const { usage, response, message } = objectOf(value)
  return usageOf(usage ?? objectOf(response)["usage"] ?? objectOf(message)["usage"], cachedApart)
}

/**
 * The usage that events tell together.
 *
 * Usage is a member of a chat's chunk; in a message's or a response's stream it may be one level further down
 * (`message_start`, `response.completed`), where the protocol alone names members. A message tells its input when it
 * starts and its output when it ends; some servers tell running totals with each chunk.
 *
 * @param text whole events, whose lines end with LF alone
 */
export const usageInEvents = (text: string, framing: Framing, cachedApart: boolean): Usage | undefined => {
  const deepest = framing === "messages" || framing === "responses" ? 2 : 1
  let usage: Usage | undefined
  for (let at = text.lastIndexOf(usageKey); at !== -1;) {
    let before = at - 1
    // Most servers have a null in every chunk but the last.
    if (!text.startsWith("null", at + usageKey.length + 1)) {
      const start = text.lastIndexOf("\n\n", at) + 1
      const blank = text.indexOf("\n\n", at)
      const member = usageMember(dataOf(text.slice(start, blank === -1 ? text.length : blank)), deepest, true)
      usage = laterUsage(usage, member === undefined ? undefined : usageOf(parsed(member), cachedApart))
      before = start - 1
    }
    at = before < 0 ? -1 : text.lastIndexOf(usageKey, before)
  }
  return usage
}
