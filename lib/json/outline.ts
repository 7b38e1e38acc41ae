/**
 * The outline of JSON that is too long to be held: its short members and shape, in bounded memory.
 *
 * @module
 */

/** Reads JSON as it arrives, one value or several in a row. */
export interface JsonSkeleton {
  /** Takes the next bytes; keeps no reference to them. */
  readonly push: (bytes: Uint8Array) => void
  /** Whether brackets have opened and all have closed: the JSON may end here. */
  readonly isWhole: () => boolean
}

/** Deep enough for `response.usage.output_tokens_details` and `choices[0].error.message`. */
const deepest = 4
/** A longer text becomes empty, a longer list keeps its first elements, and a longer outline is dropped. */
const longestText = 1024, mostElements = 16, mostBytes = 65_536

const QUOTE = 0x22, COMMA = 0x2c, BACKSLASH = 0x5c, SPACE = 0x20
const OPEN_ARRAY = 0x5b, CLOSE_ARRAY = 0x5d, OPEN_OBJECT = 0x7b, CLOSE_OBJECT = 0x7d

const decoder = new TextDecoder()

/**
 * Starts to read.
 *
 * @param onRoot called with each top-level object or list once it has closed: JSON of the same shape, without long texts,
 *   without levels deeper than four, and without the elements of a list from the seventeenth on. Not called if that is
 *   still more than 64 KiB.
 */
export const jsonSkeleton = (onRoot: (text: string) => void): JsonSkeleton => {
  let out = new Uint8Array(1024)
  let length = 0
  let depth = 0
  let roots = 0
  /** How many commas each open container has had, the outermost first; -1 for an object. */
  const commas: Array<number> = []
  /** The level of which nothing is kept until it closes; 0 if everything is kept. */
  let dropped = 0
  let inString = false
  let escaped = false
  /** Where the content of the current string begins in the outline; -1 if it is not kept. */
  let textStart = -1

  const put = (bytes: Uint8Array, from: number, to: number): void => {
    if (dropped > 0 || depth === 0 || length > mostBytes) return
    const needed = length + to - from
    if (needed > mostBytes) {
      length = mostBytes + 1
      return
    }
    if (needed > out.length) {
      const larger = new Uint8Array(Math.min(mostBytes, 2 * needed))
      larger.set(out.subarray(0, length))
      out = larger
    }
    out.set(bytes.subarray(from, to), length)
    length = needed
  }

  /** The index of the quote that closes the current string, or the end of the bytes. */
  const skipString = (bytes: Uint8Array, from: number): number => {
    const quote = bytes.indexOf(QUOTE, from)
    const end = quote === -1 ? bytes.length : quote
    let slash = end
    while (slash > from && bytes[slash - 1] === BACKSLASH) slash--
    escaped = (end - slash + (slash === from && escaped ? 1 : 0)) % 2 === 1
    return end
  }

  const takeString = (bytes: Uint8Array, from: number): number => {
    const end = skipString(bytes, from)
    const goesOn = end < bytes.length && escaped
    const to = goesOn ? end + 1 : end
    if (textStart !== -1) {
      if (length - textStart + to - from <= longestText) put(bytes, from, to)
      else {
        length = Math.min(length, textStart)
        textStart = -1
      }
    }
    if (goesOn) escaped = false
    else if (end < bytes.length) {
      inString = false
      put(bytes, end, end + 1)
      return end + 1
    }
    return to
  }

  const open = (bytes: Uint8Array, at: number): void => {
    depth++
    put(bytes, at, at + 1)
    if (depth <= deepest) commas[depth] = bytes[at] === OPEN_ARRAY ? 0 : -1
    else if (dropped === 0) dropped = depth
  }
  const close = (bytes: Uint8Array, at: number): void => {
    if (depth === 0) return
    if (dropped === depth) dropped = 0
    put(bytes, at, at + 1)
    depth--
    if (depth > 0) return
    roots++
    if (length <= mostBytes) onRoot(decoder.decode(out.subarray(0, length)))
    length = 0
  }
  const comma = (bytes: Uint8Array, at: number): void => {
    if (dropped === 0 && (commas[depth] ?? -1) !== -1) {
      commas[depth] = (commas[depth] ?? 0) + 1
      if ((commas[depth] ?? 0) >= mostElements) dropped = depth
    }
    put(bytes, at, at + 1)
  }

  return {
    push: (bytes) => {
      for (let at = 0; at < bytes.length;) {
        if (inString) {
          at = takeString(bytes, at)
          continue
        }
        switch (bytes[at]) {
          case QUOTE:
            put(bytes, at, at + 1)
            inString = true
            textStart = length
            break
          case OPEN_OBJECT:
          case OPEN_ARRAY:
            open(bytes, at)
            break
          case CLOSE_OBJECT:
          case CLOSE_ARRAY:
            close(bytes, at)
            break
          case COMMA:
            comma(bytes, at)
            break
          default:
            if ((bytes[at] ?? 0) > SPACE) put(bytes, at, at + 1)
        }
        at++
      }
    },
    isWhole: () => depth === 0 && roots > 0 && !inString,
  }
}
