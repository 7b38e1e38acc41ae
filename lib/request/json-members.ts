/**
 * Finds the top-level members of a JSON object, or elements of an array, in its bytes, without decoding what
 * lies inside them.
 *
 * A gateway looks at `model` and `stream` and forwards the bytes it received: decoding and encoding again
 * would lose unknown fields and the digits of large numbers. Nested values are skipped by their strings and
 * brackets alone, so that a long prompt costs one native search for its closing quote.
 *
 * @module
 */

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

const QUOTE = 0x22, BACKSLASH = 0x5c, COLON = 0x3a, COMMA = 0x2c
const OPEN_OBJECT = 0x7b, CLOSE_OBJECT = 0x7d, OPEN_ARRAY = 0x5b, CLOSE_ARRAY = 0x5d

const isSpace = (byte: number | undefined): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09

const skipSpace = (bytes: Uint8Array, index: number): number => {
  while (isSpace(bytes[index])) index++
  return index
}

/** The index after the string that opens at `index`, or -1 where it does not close. */
const stringEnd = (bytes: Uint8Array, index: number): number => {
  for (let quote = bytes.indexOf(QUOTE, index + 1); quote !== -1; quote = bytes.indexOf(QUOTE, quote + 1)) {
    let slash = quote
    while (bytes[slash - 1] === BACKSLASH) slash--
    if ((quote - slash) % 2 === 0) return quote + 1
  }
  return -1
}

/** The index after the value that starts at `index`, or -1 where it does not end. */
const valueEnd = (bytes: Uint8Array, index: number): number => {
  if (bytes[index] === QUOTE) return stringEnd(bytes, index)
  let depth = 0
  for (let at = index; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === QUOTE) {
      const end = stringEnd(bytes, at)
      if (end === -1) return -1
      at = end - 1
    } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      depth++
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      if (depth === 0) return at > index ? at : -1
      if (--depth === 0) return at + 1
    } else if (depth === 0 && (byte === COMMA || isSpace(byte))) {
      return at > index ? at : -1
    }
  }
  return -1
}

const decoder = new TextDecoder()

/** A JSON value from its bytes, or nothing where they hold none. */
export const parseBytes = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(decoder.decode(bytes))
  } catch {
    return undefined
  }
}

/** A key, quotes included in its range. Those of plain letters, which nearly all are, are read without a decoder. */
const keyOf = (bytes: Uint8Array, start: number, end: number): unknown => {
  let key = ""
  for (let at = start + 1; at < end - 1; at++) {
    const byte = bytes[at] ?? 0
    if (byte === BACKSLASH || byte < 0x20 || byte > 0x7e) return parseBytes(bytes.subarray(start, end))
    key += String.fromCharCode(byte)
  }
  return key
}

/**
 * The members of the object that `bytes` holds, in their order, duplicates included; nothing where the bytes
 * are not one JSON object. What lies within a member's value is not checked. A byte order mark is passed over, as
 * lenient servers do: it must not hide a model.
 */
export const topLevelMembers = (bytes: Uint8Array): ReadonlyArray<JsonMember> | undefined => {
  const members: Array<JsonMember> = []
  let at = skipSpace(bytes, bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0)
  if (bytes[at] !== OPEN_OBJECT) return undefined
  at = skipSpace(bytes, at + 1)
  if (bytes[at] === CLOSE_OBJECT) return skipSpace(bytes, at + 1) === bytes.length ? members : undefined
  for (;;) {
    if (bytes[at] !== QUOTE) return undefined
    const keyStart = at
    const keyEnd = stringEnd(bytes, at)
    if (keyEnd === -1) return undefined
    const key = keyOf(bytes, at, keyEnd)
    at = skipSpace(bytes, keyEnd)
    if (typeof key !== "string" || bytes[at] !== COLON) return undefined
    const start = skipSpace(bytes, at + 1)
    const end = valueEnd(bytes, start)
    if (end === -1) return undefined
    members.push({ key, keyStart, start, end })
    at = skipSpace(bytes, end)
    if (bytes[at] === CLOSE_OBJECT) return skipSpace(bytes, at + 1) === bytes.length ? members : undefined
    if (bytes[at] !== COMMA) return undefined
    at = skipSpace(bytes, at + 1)
  }
}

/**
 * The elements of the array that `bytes` holds, in their order; nothing where the bytes are not one JSON array.
 * What lies within an element is not checked.
 */
export const arrayElements = (bytes: Uint8Array): ReadonlyArray<JsonRange> | undefined => {
  const elements: Array<JsonRange> = []
  let at = skipSpace(bytes, 0)
  if (bytes[at] !== OPEN_ARRAY) return undefined
  at = skipSpace(bytes, at + 1)
  if (bytes[at] === CLOSE_ARRAY) return skipSpace(bytes, at + 1) === bytes.length ? elements : undefined
  for (;;) {
    const end = valueEnd(bytes, at)
    if (end === -1) return undefined
    elements.push({ start: at, end })
    at = skipSpace(bytes, end)
    if (bytes[at] === CLOSE_ARRAY) return skipSpace(bytes, at + 1) === bytes.length ? elements : undefined
    if (bytes[at] !== COMMA) return undefined
    at = skipSpace(bytes, at + 1)
  }
}

/** The bytes with the value of one member replaced by another, and nothing else changed. */
export const replaceValue = (
  bytes: Uint8Array,
  member: JsonRange,
  value: unknown,
): Uint8Array<ArrayBuffer> => splice(bytes, member, new TextEncoder().encode(JSON.stringify(value)))

/**
 * The bytes without one of the object's members and the comma that parted it from its neighbour.
 *
 * @param members all of the object's members, as `topLevelMembers` gave them for these bytes
 * @param index which of them to leave out
 */
export const removeMember = (
  bytes: Uint8Array<ArrayBuffer>,
  members: ReadonlyArray<JsonMember>,
  index: number,
): Uint8Array<ArrayBuffer> => {
  const [previous, member, next] = [members[index - 1], members[index], members[index + 1]]
  if (member === undefined) return bytes
  const start = next === undefined && previous !== undefined ? previous.end : member.keyStart
  return splice(bytes, { start, end: next?.keyStart ?? member.end }, new Uint8Array())
}

/** The bytes with others in place of a range, which may be empty. */
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
