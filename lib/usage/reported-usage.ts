/**
 * The usage that events report, and JSON bodies.
 *
 * @module
 */
import { objectOf, parseOrUndefined } from "../json/parse.ts"
import type { Framing } from "../sse/framing.ts"
import { usageKey, usageMember } from "./usage-member.ts"
import { laterUsage, type Usage, usageOf } from "./usage.ts"

/** The data of an event: its `data` lines, joined as the HTML standard's event stream format says. */
export const dataOf = (event: string): string =>
  event.split("\n").filter((line) => line.startsWith("data:")).map((line) => line.slice(5)).join("\n")

/** The usage that a whole JSON object reports in a member of its own. */
export const usageInJson = (text: string): Usage | undefined => {
  const member = usageMember(text, 1, true)
  return member === undefined ? undefined : usageOf(parseOrUndefined(member))
}

/** The usage within choices, where Moonshot's own API reports it in a chat's stream. */
const usageInChoices = (choices: unknown): Usage | undefined => {
  let usage: Usage | undefined
  if (Array.isArray(choices)) {
    for (const choice of choices) usage = laterUsage(usage, usageOf(objectOf(choice)["usage"]))
  }
  return usage
}

/** The usage that a parsed event, or a parsed JSON body, reports. */
export const usageInValue = (value: unknown): Usage | undefined => {
  const { usage, response, message, choices } = objectOf(value)
  return usageOf(usage ?? objectOf(response)["usage"] ?? objectOf(message)["usage"]) ??
    usageInChoices(choices)
}

const countsOf = ({ input, output, cachedInput, reasoning }: Usage) => [input, output, cachedInput, reasoning]

/** Whether a report has both totals, and no count that is less than in another one. */
const covers = (report: Usage | undefined, other: Usage | undefined): boolean => {
  if (report === undefined || other === undefined) return false
  const counts = countsOf(report)
  return (report.input ?? 0) > 0 && (report.output ?? 0) > 0 &&
    countsOf(other).every((count, at) => count === undefined || count <= (counts[at] ?? -1))
}

/**
 * The usage that events report together.
 *
 * Usage is a member of a chat's chunk; in a message's or a response's stream it may be one level further down
 * (`message_start`, `response.completed`), where the protocol alone names members. A message reports its input when
 * it starts and its output when it ends. Others report running totals with each chunk, as Baseten does: if the newest are
 * no less than what was known before, or than the ones before them, those in between are not read.
 *
 * @param text whole events, whose lines end with LF alone
 * @param known what earlier events have reported
 */
export const usageInEvents = (
  text: string,
  framing: Framing,
  known: Usage | undefined,
): Usage | undefined => {
  const deepest = framing === "messages" || framing === "responses" ? 2 : 1
  let usage: Usage | undefined
  for (let at = text.lastIndexOf(usageKey); at !== -1;) {
    let before = at - 1
    // Most servers have a null in every chunk but the last.
    if (!text.startsWith("null", at + usageKey.length + 1)) {
      const start = text.lastIndexOf("\n\n", at) + 1
      const blank = text.indexOf("\n\n", at)
      const data = dataOf(text.slice(start, blank === -1 ? text.length : blank))
      const member = usageMember(data, deepest, true)
      const reported = member !== undefined
        ? usageOf(parseOrUndefined(member))
        : deepest === 1
        ? usageInChoices(objectOf(parseOrUndefined(data))["choices"])
        : undefined
      if (framing !== "messages" && (covers(reported, known) || covers(usage, reported))) {
        return laterUsage(usage, reported)
      }
      usage = laterUsage(usage, reported)
      before = start - 1
    }
    at = before < 0 ? -1 : text.lastIndexOf(usageKey, before)
  }
  return usage
}
