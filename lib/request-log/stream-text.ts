/**
 * Reassembles text that a stream delivers in deltas, so that a secret split over events is found.
 *
 * @module
 */
import { parseOrUndefined } from "../json/parse.ts"

/** An event's data line, or a line of JSON. */
const line = /^(?:data:)?[\t ]*(\{.*\})[\t\r ]*$/gm

/** No answer nests so deeply; deeper nesting is an attempt to exhaust the stack. */
const deepest = 32

/**
 * A stream up to its last complete line: a truncated line cannot be parsed, and might complete a secret that the
 * previous line began. Other texts are returned unchanged.
 */
export const wholeLines = (stream: string): string => {
  const last = Math.max(stream.lastIndexOf("\n"), stream.lastIndexOf("\r")) + 1
  const [, event] = /^(?:data:)?[\t ]*(\{.*)$/.exec(stream.slice(last)) ?? []
  return last === 0 || event === undefined || parseOrUndefined(event) !== undefined
    ? stream
    : stream.slice(0, last)
}

/**
 * The texts that a stream delivers in deltas, each joined: deltas belong together if they have the same path in their
 * objects, and the same choice, block or item if a member such as `index` names one. Empty if the text is not a stream.
 */
export const streamText = (stream: string): string => {
  const lines = [...stream.matchAll(line)]
  if (lines.length < 2) return ""
  const texts = new Map<string, string>()
  const take = (place: string, value: unknown, depth: number): void => {
    if (typeof value === "string") texts.set(place, (texts.get(place) ?? "") + value)
    if (typeof value !== "object" || value === null || depth > deepest) return
    const members = value as Readonly<Record<string, unknown>>
    let item = place
    for (const name in members) {
      if (typeof members[name] === "number" && name.endsWith("index")) item += `:${members[name]}`
    }
    for (const name in members) take(`${item}.${name}`, members[name], depth + 1)
  }
  for (const [, text = ""] of lines) take("", parseOrUndefined(text), 0)
  return [...texts.values()].join("\n")
}
