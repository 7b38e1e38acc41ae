/**
 * What a stream of JSON tells a few letters at a time.
 *
 * @module
 */
import { parseOrUndefined } from "../json/parse.ts"

/** An event's data, or a line of JSON lines. */
const line = /^(?:data:)?[\t ]*(\{.*\})[\t\r ]*$/gm

/** Answers nest less deep; what nests deeper is there to exhaust the stack. */
const deepest = 32

/**
 * A stream up to its last whole line: what a line that was cut off within says cannot be told from other things, and may
 * be the rest of what the line before began. Other texts stay as they are.
 */
export const wholeLines = (stream: string): string => {
  const last = Math.max(stream.lastIndexOf("\n"), stream.lastIndexOf("\r")) + 1
  const [, event] = /^(?:data:)?[\t ]*(\{.*)$/.exec(stream.slice(last)) ?? []
  return last === 0 || event === undefined || parseOrUndefined(event) !== undefined
    ? stream
    : stream.slice(0, last)
}

/**
 * The texts that a stream gives in pieces, each put together: those that have the same place in their objects, and the
 * same choice, block or item where a member such as `index` tells it. Other texts than streams have no pieces.
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
