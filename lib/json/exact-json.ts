/**
 * JSON without loss: numbers that JavaScript cannot represent become text with every digit, and no text contains half a
 * surrogate pair.
 *
 * @module
 */

/** A string, whole or cut off, or what may be a number. The pattern never backtracks. */
const stringOrNumber = /"(?:[^"\\]|\\.)*"?|-?\d[\d.eE+-]*/gs

/** The grammar of a number (RFC 8259 §6), in its parts. */
const numberParts = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/

/** A decimal number as its significant digits and the exponent of the last one: equal for equal numbers. */
const canonical = (text: string): string | undefined => {
  const [matched, sign = "", whole = "", fraction = "", exponent = "0"] = numberParts.exec(text) ?? []
  if (matched === undefined) return undefined
  const digits = `${whole}${fraction}`.replace(/^0+/, "")
  // Trailing zeros are counted from the end: a regular expression would rescan each run of zeros.
  let end = digits.length
  while (digits[end - 1] === "0") end--
  if (end === 0) return "0"
  return `${sign}${digits.slice(0, end)}e${Number(exponent) - fraction.length + digits.length - end}`
}

/** Whether a number survives conversion to a JavaScript number: `1.10` and `1e2` do, 2^53 + 1 and `1e400` do not. */
const survives = (text: string): boolean => {
  // Fifteen digits or fewer always do, and nearly all numbers have no more.
  if (/^-?\d{1,15}$/.test(text)) return true
  const exact = canonical(text)
  // Text that is not a number is left for the parser to refuse.
  return exact === undefined || exact === canonical(String(Number(text)))
}

/** Whether a text is what `parseExactly` returns for a number that JavaScript cannot represent. */
export const isLongNumber = (text: string): boolean => numberParts.test(text) && !survives(text)

/**
 * Parses JSON; a number that would change becomes a text of its digits. Halves of surrogate pairs, which cannot be encoded,
 * become U+FFFD, in keys too. Throws as `JSON.parse` does.
 */
export const parseExactly = (json: string): unknown => {
  const exact = json.replace(
    stringOrNumber,
    (part) => part.startsWith('"') || survives(part) ? part : `"${part}"`,
  )
  return JSON.parse(wellFormedJson(exact))
}

/** An escape: of a whole pair of surrogates, of half of one, or of anything else. */
const escapes = /\\(?:u(?:d[89ab][\da-f]{2}\\ud[c-f]|(d[89a-f][\da-f]{2}))|.)/gis

/** JSON text with U+FFFD for each half of a surrogate pair, which valid text can only contain as an escape. */
export const wellFormedJson = (json: string): string =>
  /\\ud[89a-f]/i.test(json)
    ? json.replace(escapes, (escape, half?: string) => half === undefined ? escape : "\ufffd")
    : json

/** `JSON.stringify`, for readers that reject halves of surrogate pairs. */
export const strictJson = (value: object): string => {
  const json = JSON.stringify(value)
  // It writes escapes in lower case, and a search is a tenth of what the pattern takes.
  return json.includes("\\ud") ? wellFormedJson(json) : json
}
