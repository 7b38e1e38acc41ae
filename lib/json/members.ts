/**
 * Finds the top-level members of a JSON object, or elements of an array, in its bytes, without decoding their insides.
 *
 * A gateway reads `model` and `stream` and forwards the bytes it received: decoding and encoding them again would lose
 * unknown fields and the digits of large numbers. Nested values are skipped by their strings and brackets alone, so a long
 * prompt costs one native search for its closing quote.
 *
 * @module
 */
import { parseOrUndefined } from "./parse.ts"
import {
  BACKSLASH,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  skipSpace,
  stringEnd,
  valueEnd,
} from "./tokens.ts"

/** Where the bytes of a value are. */
export interface JsonRange {
  /** Index of the value's first byte. */
  readonly start: number
  /** Index after the value's last byte. */
  readonly end: number
}

/** A member of the object: its decoded key, and where its value's bytes are. */
export interface JsonMember extends JsonRange {
  readonly key: string
  /** Index of the key's opening quote. */
  readonly keyStart: number
}

const decoder = new TextDecoder()

/** A JSON value from its bytes; `undefined` if they are not JSON. */
export const parseBytes = (bytes: Uint8Array): unknown => parseOrUndefined(decoder.decode(bytes))

/** ASCII characters that a JSON string contains unescaped. */
const isPlain = (byte: number): boolean => byte >= 0x20 && byte <= 0x7e && byte !== BACKSLASH

/** A longer string is read by a decoder: built letter by letter, one of megabytes takes most of a second. */
const shortString = 64

/** A string, whose range includes the quotes. Short ones of plain letters, which nearly all are, need no decoder. */
export const parseString = (bytes: Uint8Array, start: number, end: number): unknown => {
  if (end - start > shortString) return parseBytes(bytes.subarray(start, end))
  let text = ""
  for (let at = start + 1; at < end - 1; at++) {
    const byte = bytes[at] as number
    if (!isPlain(byte)) return parseBytes(bytes.subarray(start, end))
    text += String.fromCharCode(byte)
  }
  return text
}

/** The index in `keys` of a key, whose range includes the quotes; -1 if absent. Does not allocate for plain letters. */
const indexOfKey = (
  keys: ReadonlyArray<string>,
  bytes: Uint8Array,
  start: number,
  end: number,
): number => {
  for (let at = start + 1; at < end - 1; at++) {
    if (!isPlain(bytes[at] as number)) return keys.indexOf(parseBytes(bytes.subarray(start, end)) as string)
  }
  const length = end - start - 2
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] as string
    if (key.length !== length) continue
    let at = 0
    while (at < length && key.charCodeAt(at) === bytes[start + 1 + at]) at++
    if (at === length) return index
  }
  return -1
}

/** Called with each member: where its key, quotes included, and its value begin and end. */
type Visit = (keyStart: number, keyEnd: number, start: number, end: number) => void

/**
 * Visits the members of an object. A byte order mark is skipped, as lenient servers do: it must not hide a model.
 *
 * @returns whether the bytes are one JSON object; the inside of keys and values is not checked
 */
const walkMembers = (bytes: Uint8Array, visit: Visit): boolean => {
  let at = skipSpace(bytes, bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0)
  if (bytes[at] !== OPEN_OBJECT) return false
  at = skipSpace(bytes, at + 1)
  if (bytes[at] === CLOSE_OBJECT) return skipSpace(bytes, at + 1) === bytes.length
  for (;;) {
    if (bytes[at] !== QUOTE) return false
    const keyStart = at
    const keyEnd = stringEnd(bytes, at)
    if (keyEnd === -1) return false
    at = skipSpace(bytes, keyEnd)
    if (bytes[at] !== COLON) return false
    const start = skipSpace(bytes, at + 1)
    const end = valueEnd(bytes, start)
    if (end === -1) return false
    visit(keyStart, keyEnd, start, end)
    at = skipSpace(bytes, end)
    if (bytes[at] === CLOSE_OBJECT) return skipSpace(bytes, at + 1) === bytes.length
    if (bytes[at] !== COMMA) return false
    at = skipSpace(bytes, at + 1)
  }
}

/** The members of an object that have one key. An object may have a key several times. */
export interface Named {
  readonly first: JsonMember
  readonly last: JsonMember
  readonly times: number
}

/** The members found in an object. */
export interface Members<Key extends string> {
  readonly named: ReadonlyMap<Key, Named>
  /** The index after the value of the object's last member, whatever its key; `undefined` for an empty one. */
  readonly end: number | undefined
}

/**
 * Finds members of an object by their keys. Other members, of which a caller may send any number, are not parsed.
 *
 * @param keys a few short keys
 * @returns `undefined` if the bytes are not one JSON object
 */
export const membersNamed = <Key extends string>(
  bytes: Uint8Array,
  keys: ReadonlyArray<Key>,
): Members<Key> | undefined => {
  const named = new Map<Key, Named>()
  let longest = 0
  for (const { length } of keys) longest = Math.max(longest, length)
  // An escaped letter takes six bytes.
  const most = 6 * longest + 2
  let last: number | undefined
  const isObject = walkMembers(bytes, (keyStart, keyEnd, start, end) => {
    last = end
    if (keyEnd - keyStart > most) return
    const key = keys[indexOfKey(keys, bytes, keyStart, keyEnd)]
    if (key === undefined) return
    const member = { key, keyStart, start, end }
    const before = named.get(key)
    named.set(key, { first: before?.first ?? member, last: member, times: (before?.times ?? 0) + 1 })
  })
  return isObject ? { named, end: last } : undefined
}

/**
 * The members of an object in order, duplicates included; `undefined` if the bytes are not one JSON object.
 *
 * @param most stops collecting after one more than this, so that the caller can tell that there are too many
 */
export const topLevelMembers = (
  bytes: Uint8Array,
  most = Infinity,
): ReadonlyArray<JsonMember> | undefined => {
  const members: Array<JsonMember> = []
  let areKeys = true
  const isObject = walkMembers(bytes, (keyStart, keyEnd, start, end) => {
    if (members.length > most) return
    const key = parseString(bytes, keyStart, keyEnd)
    if (typeof key === "string") members.push({ key, keyStart, start, end })
    else areKeys = false
  })
  return isObject && areKeys ? members : undefined
}

/** The elements of an array: the first of them, and how many there are. */
export interface Elements {
  readonly first: ReadonlyArray<JsonRange>
  readonly count: number
}

/**
 * The elements of an array in order; `undefined` if the bytes are not one JSON array. The inside of elements is not
 * checked.
 *
 * @param most how many of them are returned
 */
export const arrayElements = (bytes: Uint8Array, most: number): Elements | undefined => {
  const first: Array<JsonRange> = []
  let count = 0
  let at = skipSpace(bytes, 0)
  if (bytes[at] !== OPEN_ARRAY) return undefined
  at = skipSpace(bytes, at + 1)
  if (bytes[at] === CLOSE_ARRAY) {
    return skipSpace(bytes, at + 1) === bytes.length ? { first, count } : undefined
  }
  for (;;) {
    const end = valueEnd(bytes, at)
    if (end === -1) return undefined
    if (++count <= most) first.push({ start: at, end })
    at = skipSpace(bytes, end)
    if (bytes[at] === CLOSE_ARRAY) {
      return skipSpace(bytes, at + 1) === bytes.length ? { first, count } : undefined
    }
    if (bytes[at] !== COMMA) return undefined
    at = skipSpace(bytes, at + 1)
  }
}
