/**
 * Finds the `usage` member of a JSON object from the object's end, so that its beginning need not be kept.
 *
 * Read backwards, JSON is as unambiguous as forwards: outside strings there is no backslash, so the nearest
 * quote before a closing one that no backslash escapes opens the string, and the last bracket closes the
 * outermost value. Text that a model wrote, however much it looks like JSON, lies within a string.
 *
 * @module
 */

/** The member's key, as every server writes it. */
export const usageKey = '"usage"'

const QUOTE = 0x22, OPEN_OBJECT = 0x7b, CLOSE_OBJECT = 0x7d, OPEN_ARRAY = 0x5b, CLOSE_ARRAY = 0x5d

/** The index of the quote that opens the string which closes at `at`, or -1 if it lies before the text. */
const stringStart = (text: string, at: number): number => {
  for (let end = at; end > 0;) {
    const quote = text.lastIndexOf('"', end - 1)
    let slash = quote
    while (text[slash - 1] === "\\") slash--
    if ((quote - slash) % 2 === 0) return quote
    end = quote
  }
  return -1
}

/**
 * The text of the last `usage` member that holds an object, at most `deepest` levels below the root: 1 for a
 * member of the root itself, 2 for a member of a member. `undefined` if there is none.
 *
 * `text` is one JSON object; its beginning may be missing unless `whole`. A text that is said to be whole and
 * is not, such as one cut short, has no usage.
 */
export const usageMember = (text: string, deepest: 1 | 2, whole: boolean): string | undefined => {
  /** Where the brackets close that have not opened yet. */
  const closings: Array<number> = []
  let object = { start: -1, end: -1 }
  let found: string | undefined
  for (let at = text.trimEnd().length - 1; at >= 0; at--) {
    switch (text.charCodeAt(at)) {
      case CLOSE_OBJECT:
      case CLOSE_ARRAY:
        closings.push(at)
        break
      case OPEN_OBJECT:
      case OPEN_ARRAY: {
        const end = closings.pop()
        if (end === undefined) return undefined
        if (closings.length === 0) return whole && text.slice(0, at).trim() !== "" ? undefined : found
        if (text[at] === "{") object = { start: at, end }
        break
      }
      case QUOTE: {
        const start = stringStart(text, at)
        if (start === -1) return whole ? undefined : found
        if (
          found === undefined && closings.length > 0 && closings.length <= deepest &&
          text.slice(start, at + 1) === usageKey && text.slice(at + 1, object.start).trim() === ":"
        ) {
          found = text.slice(object.start, object.end + 1)
          if (!whole) return found
        }
        at = start
        break
      }
      default:
        // The root is an object: nothing but brackets may come last.
        if (closings.length === 0) return undefined
    }
  }
  return whole ? undefined : found
}
