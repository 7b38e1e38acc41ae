/**
 * Searches for numbers whose bounds follow from their length and check digits, so that several lengths have to be
 * tried at every possible start. By hand that takes about ten steps for each start, with an expression several
 * hundred: a request of a million digits would take 9 s (2026-11).
 *
 * @module
 */
import { ibanLength, isAlphanumeric, isCard, isDigit, isIban } from "./checks.ts"
import type { Match } from "./regex/search.ts"

/**
 * Finds the first match that begins at `from` or later, and before `until`.
 *
 * @param before the UTF-16 code unit before the text; 0 if there is none
 */
export type Find = (text: string, from: number, until: number, before: number) => Match | undefined

/** What `\w` matches. */
const isWord = (unit: number): boolean => isAlphanumeric(unit) || unit === 0x5f

const mayBeginAt = (text: string, at: number, before: number): boolean =>
  !isWord(at === 0 ? before : text.charCodeAt(at - 1))

/** The lengths of card numbers, in digits. */
const [fewest, most] = [13, 19]

/**
 * Where the longest card number that begins at `start` ends. Digits may have single separators between them, and an
 * expiry date may follow.
 */
const cardEnd = (text: string, start: number): number | undefined => {
  let digits = ""
  let found: number | undefined
  for (let at = start; digits.length < most; at++) {
    const unit = text.charCodeAt(at)
    const isSeparator = unit === 0x20 || unit === 0x2d || unit === 0x2e
    if (isSeparator && isDigit(text.charCodeAt(at + 1))) continue
    if (!isDigit(unit)) break
    digits += text[at]
    if (digits.length >= fewest && !isWord(text.charCodeAt(at + 1)) && isCard(digits)) found = at + 1
  }
  return found
}

/**
 * Where the IBAN that begins at `start` ends. Its groups may have any length, and the words that follow may look like
 * a part of it.
 */
const ibanEnd = (text: string, start: number): number | undefined => {
  const country = text.slice(start, start + 2).toUpperCase()
  const length = ibanLength(country)
  if (length === 0 || !isDigit(text.charCodeAt(start + 2)) || !isDigit(text.charCodeAt(start + 3))) {
    return undefined
  }
  let compact = country
  for (let at = start + 2; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    const isSeparator = (unit === 0x20 || unit === 0x2d) && compact.length >= 4
    if (isSeparator && isAlphanumeric(text.charCodeAt(at + 1))) continue
    if (!isAlphanumeric(unit)) return undefined
    compact += text[at]
    if (compact.length < length) continue
    return !isWord(text.charCodeAt(at + 1)) && isIban(compact.toUpperCase()) ? at + 1 : undefined
  }
  return undefined
}

/** Tries the start of each word whose first character `begins` accepts. */
const finderOf =
  (begins: (unit: number) => boolean, endOf: (text: string, start: number) => number | undefined): Find =>
  (text, from, until, before) => {
    for (let start = from; start < until; start++) {
      if (!begins(text.charCodeAt(start)) || !mayBeginAt(text, start, before)) continue
      const end = endOf(text, start)
      if (end !== undefined) return { start, end }
    }
    return undefined
  }

/** Finds a card number. */
export const findCard: Find = finderOf(isDigit, cardEnd)

/** Finds an IBAN. */
export const findIban: Find = finderOf(isAlphanumeric, ibanEnd)
