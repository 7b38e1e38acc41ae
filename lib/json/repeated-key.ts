/**
 * Members of JSON objects that are there twice. Parsers take the last of them and say nothing: where settings are written, a
 * forgotten member would undo another one unseen.
 *
 * @module
 */

/** What objects are made of, in text that is JSON: a string before a colon is a key. */
const parts = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/gs

/** A key, and where in the text it begins. */
export interface RepeatedKey {
  readonly key: string
  readonly start: number
}

/** The first key that its object has already, however either is escaped; for text that is known to be JSON. */
export const repeatedKey = (json: string): RepeatedKey | undefined => {
  const open: Array<Set<string> | undefined> = []
  for (const { 0: part, 1: colon, index } of json.matchAll(parts)) {
    if (part === "{") open.push(new Set())
    else if (part === "[") open.push(undefined)
    else if (part === "}" || part === "]") open.pop()
    else if (colon !== undefined) {
      const key = (JSON.parse(part.slice(0, -colon.length)) as string).toWellFormed()
      const keys = open.at(-1)
      if (keys?.has(key)) return { key, start: index }
      keys?.add(key)
    }
  }
  return undefined
}

/** What to say of it to whom it is from. */
export const twice = ({ key }: RepeatedKey): string =>
  `The body has more than one ${JSON.stringify(key.slice(0, 64))} in one object. Send it once.`
