/**
 * One value out of a JSON body, without parsing the others.
 *
 * @module
 */
import { parseExactly } from "./exact-json.ts"
import { arrayElements, type JsonRange, membersNamed } from "./members.ts"

const decoder = new TextDecoder()

/** Where the value of a member is, the last of that name, as `JSON.parse` has it; or of an array's element. */
const rangeOf = (bytes: Uint8Array, name: string): JsonRange | undefined => {
  const member = membersNamed(bytes, [name])?.named.get(name)?.last
  if (member !== undefined || !/^(?:0|[1-9]\d{0,8})$/.test(name)) return member
  const index = Number(name)
  return arrayElements(bytes, index + 1)?.first[index]
}

/**
 * The value at a path of members' names and elements' indexes; `undefined` if there is no such value. `length` is an
 * array's own. Numbers keep their digits, as in metadata.
 *
 * @param bytes whole JSON in UTF-8
 */
export const valueAt = (bytes: Uint8Array, path: ReadonlyArray<string>): unknown => {
  let value = bytes
  for (const [place, name] of path.entries()) {
    const range = rangeOf(value, name)
    if (range === undefined) {
      const isLast = place === path.length - 1
      return isLast && name === "length" ? arrayElements(value, 0)?.count : undefined
    }
    value = value.subarray(range.start, range.end)
  }
  return parseExactly(decoder.decode(value))
}
