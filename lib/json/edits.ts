/**
 * Edits members of a JSON object in its bytes; every other byte is unchanged.
 *
 * @module
 */
import type { JsonMember, JsonRange } from "./members.ts"
import { COMMA, isSpace, skipSpace } from "./tokens.ts"

/** The index after the last byte before `index` that is not white space. */
const backOverSpace = (bytes: Uint8Array, index: number): number => {
  while (isSpace(bytes[index - 1])) index--
  return index
}

/** The bytes with the value of one member replaced. */
export const replaceValue = (
  bytes: Uint8Array,
  member: JsonRange,
  value: unknown,
): Uint8Array<ArrayBuffer> => splice(bytes, member, new TextEncoder().encode(JSON.stringify(value)))

/** The bytes without one of the object's members and its comma. */
export const removeMember = (
  bytes: Uint8Array<ArrayBuffer>,
  { keyStart, end }: JsonMember,
): Uint8Array<ArrayBuffer> => {
  const after = skipSpace(bytes, end)
  if (bytes[after] === COMMA) {
    return splice(bytes, { start: keyStart, end: skipSpace(bytes, after + 1) }, new Uint8Array())
  }
  const before = backOverSpace(bytes, keyStart)
  const start = bytes[before - 1] === COMMA ? backOverSpace(bytes, before - 1) : keyStart
  return splice(bytes, { start, end }, new Uint8Array())
}

/** The bytes with a range, which may be empty, replaced by others. */
export const splice = (
  bytes: Uint8Array,
  { start, end }: JsonRange,
  put: Uint8Array,
): Uint8Array<ArrayBuffer> => {
  const result = new Uint8Array(bytes.length - (end - start) + put.length)
  result.set(bytes.subarray(0, start))
  result.set(put, start)
  result.set(bytes.subarray(end), start + put.length)
  return result
}
