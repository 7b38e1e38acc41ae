/**
 * Texts without the escapes of JSON and of URLs, however often they were escaped.
 *
 * @module
 */

/** Escapes, with the code that they stand for. No repetition is unbounded: it would take quadratic time. */
const percentEscape = /%(?:25){0,3}([0-7][\da-f])/gi
const unicodeEscape = /\\{1,7}u([\da-f]{4})/gi
const jsonEscape = /\\{1,7}u([\da-f]{4})|\\/gi

const charOf = (hex: string): string => String.fromCharCode(parseInt(hex, 16))

/** A text without escapes. Backslashes are removed altogether, since each level of JSON doubles them. */
export const plainText = (text: string): string => {
  const decoded = text.includes("%") ? text.replace(percentEscape, (_, hex: string) => charOf(hex)) : text
  return decoded.includes("\\")
    ? decoded.replace(unicodeEscape, (_, hex: string) => charOf(hex)).replaceAll("\\", "")
    : decoded
}

/** Where a character of a plain text was written, up to but not at the end. */
type Place = (at: number) => readonly [begin: number, end: number]

/** A character, by its place in the plain text, that may have been written as several; all up to the next one were not. */
interface Written {
  readonly at: number
  readonly begin: number
  readonly end: number
}

const placeIn = (written: ReadonlyArray<Written>): Place => (at) => {
  let [low, high] = [0, written.length]
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if ((written[middle]?.at ?? 0) <= at) low = middle
    else high = middle
  }
  const { at: before, begin, end } = written[low] ?? { at: -1, begin: 0, end: 0 }
  return before === at ? [begin, end] : [end + at - before - 1, end + at - before]
}

/** Undoes one kind of escapes. */
const undo = (given: string, escape: RegExp): { readonly plain: string; readonly place: Place } => {
  const written: Array<Written> = [{ at: -1, begin: 0, end: 0 }]
  let plain = ""
  let end = 0
  // Where backslashes go, they are part of the character after them.
  let begin: number | undefined
  const take = (char: string, to: number): void => {
    written.push({ at: plain.length, begin: begin ?? end, end: to })
    plain += char
    end = to
    begin = undefined
  }
  const takeUpTo = (to: number): void => {
    if (begin !== undefined && end < to) take(given.charAt(end), end + 1)
    plain += given.slice(end, to)
    end = to
  }
  for (const { 0: escaped, 1: hex, index } of given.matchAll(escape)) {
    takeUpTo(index)
    const char = hex === undefined ? "\\" : charOf(hex)
    if (char !== "\\" || escape === percentEscape) {
      take(char, index + escaped.length)
    } else {
      begin ??= index
      end = index + escaped.length
    }
  }
  takeUpTo(given.length)
  return { plain, place: placeIn(written) }
}

/** `plainText` of a text, and where each of its characters was written. */
export const unescape = (text: string): { readonly plain: string; readonly place: Place } => {
  const decoded = undo(text, percentEscape)
  const { plain, place } = undo(decoded.plain, jsonEscape)
  return {
    plain,
    place: (at) => {
      const [begin, end] = place(at)
      return [decoded.place(begin)[0], decoded.place(end - 1)[1]]
    },
  }
}
