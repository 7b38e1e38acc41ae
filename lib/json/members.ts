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

/** Whether a byte is JSON's white space (RFC 8259 §2). */
export const isSpace = (byte: number | undefined): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09

/** The index of the first byte from `index` on that is no space. */
export const skipSpace = (bytes: Uint8Array, index: number): number => {
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

/** A key longer than this is read by a decoder: put together letter by letter, one of megabytes takes most of a second. */
const shortKey = 64

/** A key, quotes included in its range. Those of plain letters, which nearly all are, are read without a decoder. */
const keyOf = (bytes: Uint8Array, start: number, end: number): unknown => {
  if (end - start > shortKey) return parseBytes(bytes.subarray(start, end))
  let key = ""
  for (let at = start + 1; at < end - 1; at++) {
    const byte = bytes[at] ?? 0
    if (byte === BACKSLASH || byte < 0x20 || byte > 0x7e) return parseBytes(bytes.subarray(start, end))
    key += String.fromCharCode(byte)
  }
  return key
}

/** Is told of a member: where its key begins and ends, quotes included, and where its value does. */
type Visit = (keyStart: number, keyEnd: number, start: number, end: number) => void

/**
 * Walks through the members of an object. A byte order mark is passed over, as lenient servers do: it must not hide a
 * model.
 *
 * @returns whether the bytes are one JSON object; what lies within keys and values is not checked
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

/** Those members of an object that have a key which was asked for. An object may have a key several times. */
export interface Named {
  readonly first: JsonMember
  readonly last: JsonMember
  readonly times: number
}

/** What was found of an object. */
export interface Members<Key extends string> {
  readonly named: ReadonlyMap<Key, Named>
  /** The index after the value of the object's last member, whatever its key; nothing where it is empty. */
  readonly end: number | undefined
}

/**
 * Finds members of the object that `bytes` hold by their keys, whatever else is in it: nothing is made of other
 * members, of which a caller may send any number.
 *
 * @param keys a few short keys
 * @returns nothing where the bytes are not one JSON object
 */
export const membersNamed = <Key extends string>(
  bytes: Uint8Array,
  keys: ReadonlyArray<Key>,
): Members<Key> | undefined => {
  const named = new Map<Key, Named>()
  let longest = 0
  for (const { length } of keys) longest = Math.max(longest, length)
  // An escape makes six bytes of a letter.
  const most = 6 * longest + 2
  let last: number | undefined
  const isObject = walkMembers(bytes, (keyStart, keyEnd, start, end) => {
    last = end
    if (keyEnd - keyStart > most) return
    const read = keyOf(bytes, keyStart, keyEnd)
    for (const key of keys) {
      if (key !== read) continue
      const member = { key, keyStart, start, end }
      const before = named.get(key)
      named.set(key, { first: before?.first ?? member, last: member, times: (before?.times ?? 0) + 1 })
    }
  })
  return isObject ? { named, end: last } : undefined
}

/**
 * The members of the object that `bytes` hold, in their order, duplicates included; nothing where the bytes are not one
 * JSON object.
 *
 * @param most how many are made; of one more, the walk goes on and makes no others
 */
export const topLevelMembers = (
  bytes: Uint8Array,
  most = Infinity,
): ReadonlyArray<JsonMember> | undefined => {
  const members: Array<JsonMember> = []
  let areKeys = true
  const isObject = walkMembers(bytes, (keyStart, keyEnd, start, end) => {
    if (members.length > most) return
    const key = keyOf(bytes, keyStart, keyEnd)
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
 * The elements of the array that `bytes` hold, in their order; nothing where the bytes are not one JSON array.
 * What lies within an element is not checked.
 *
 * @param most how many of them are given
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
