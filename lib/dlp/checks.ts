/**
 * Checks that tell a number of one kind, such as a card or an address, from other numbers in the same notation.
 *
 * @module
 */

/** No match here; the search goes on at the next character. */
const retry = 0
/** No match anywhere in this text; the search goes on after it. */
const skip = -1

export const isDigit = (unit: number): boolean => unit >= 0x30 && unit <= 0x39
export const isAlphanumeric = (unit: number): boolean =>
  isDigit(unit) || (unit >= 0x41 && unit <= 0x5a) || (unit >= 0x61 && unit <= 0x7a)

/** Whether digits have the check digit of Luhn (ISO/IEC 7812-1). */
const isLuhn = (digits: string): boolean => {
  let sum = 0
  for (let at = digits.length - 1, doubled = false; at >= 0; at--, doubled = !doubled) {
    const digit = digits.charCodeAt(at) - 0x30
    sum += doubled ? (digit > 4 ? 2 * digit - 9 : 2 * digit) : digit
  }
  return sum % 10 === 0
}

/** The lengths of each network's card numbers, by first digits (the issuers' own pages, 2026-11). */
const networks: ReadonlyArray<readonly [first: RegExp, lengths: ReadonlyArray<number>]> = [
  [/^4/, [13, 16, 19]],
  [/^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, [16]],
  [/^3[47]/, [15]],
  [/^(?:6011|64[4-9]|65)/, [16, 17, 18, 19]],
  [/^(?:30[0-5]|309|36|38|39)/, [14, 15, 16, 17, 18, 19]],
  [/^35(?:2[89]|[3-8])/, [16, 17, 18, 19]],
  [/^62/, [16, 17, 18, 19]],
  [/^220[0-4]/, [16, 17, 18, 19]],
  [/^(?:50|5[6-9]|6[0-9])/, [13, 14, 15, 16, 17, 18, 19]],
]

/** Whether digits are a card number: a network's first digits, a length that it issues, and the right check digit. */
export const isCard = (digits: string): boolean =>
  isLuhn(digits) && networks.some(([first, lengths]) => first.test(digits) && lengths.includes(digits.length))

/** Length of an IBAN, by country (SWIFT's IBAN registry, release 99). */
const ibanLengths: Readonly<Record<string, number>> = {
  AD: 24,
  AE: 23,
  AL: 28,
  AT: 20,
  AZ: 28,
  BA: 20,
  BE: 16,
  BG: 22,
  BH: 22,
  BI: 27,
  BR: 29,
  BY: 28,
  CH: 21,
  CR: 22,
  CY: 28,
  CZ: 24,
  DE: 22,
  DJ: 27,
  DK: 18,
  DO: 28,
  EE: 20,
  EG: 29,
  ES: 24,
  FI: 18,
  FK: 18,
  FO: 18,
  FR: 27,
  GB: 22,
  GE: 22,
  GI: 23,
  GL: 18,
  GR: 27,
  GT: 28,
  HN: 28,
  HR: 21,
  HU: 28,
  IE: 22,
  IL: 23,
  IQ: 23,
  IS: 26,
  IT: 27,
  JO: 30,
  KW: 30,
  KZ: 20,
  LB: 28,
  LC: 32,
  LI: 21,
  LT: 20,
  LU: 20,
  LV: 21,
  LY: 25,
  MC: 27,
  MD: 24,
  ME: 22,
  MK: 19,
  MN: 20,
  MR: 27,
  MT: 31,
  MU: 30,
  NI: 28,
  NL: 18,
  NO: 15,
  OM: 23,
  PK: 24,
  PL: 28,
  PS: 29,
  PT: 25,
  QA: 29,
  RO: 24,
  RS: 22,
  RU: 33,
  SA: 24,
  SC: 31,
  SD: 18,
  SE: 24,
  SI: 19,
  SK: 24,
  SM: 27,
  SO: 23,
  ST: 25,
  SV: 28,
  TL: 23,
  TN: 24,
  TR: 26,
  UA: 29,
  VA: 22,
  VG: 24,
  XK: 20,
  YE: 30,
}

/** The number of letters and digits in a country's IBANs; 0 if it has none. */
export const ibanLength = (country: string): number => ibanLengths[country] ?? 0

/** The countries that have IBANs. */
export const ibanCountries: ReadonlyArray<string> = Object.keys(ibanLengths)

/** Whether letters and digits, without spaces and in upper case, have the check digits of an IBAN (ISO 13616: mod 97). */
export const isIban = (compact: string): boolean => {
  if (ibanLengths[compact.slice(0, 2)] !== compact.length) return false
  let rest = 0
  for (const letter of compact.slice(4) + compact.slice(0, 4)) {
    const value = parseInt(letter, 36)
    rest = (value > 9 ? 100 * rest + value : 10 * rest + value) % 97
  }
  return rest === 1
}

/**
 * Accepts US social security numbers that can have been issued (no area 000 or 666, no group 00, no serial 0000) and
 * taxpayer numbers, which begin with 9 and have a group of 50 or more, but not 89 or 93.
 */
export const acceptSsn = (text: string, start: number, end: number): number => {
  // Part of a longer number.
  if (end - start > 11) return skip
  const area = text.slice(start, start + 3)
  const group = Number(text.slice(start + 4, start + 6))
  if (area === "000" || area === "666" || group === 0 || text.slice(end - 4, end) === "0000") return skip
  return area < "900" || (group >= 50 && group !== 89 && group !== 93) ? end : skip
}

const isOctet = (part: string): boolean =>
  part.length < 4 && Number(part) < 256 && (part === "0" || part[0] !== "0")

/** Accepts four numbers up to 255. A version number with more parts is not an address. */
export const acceptIpv4 = (text: string, start: number, end: number, before: number): number => {
  if ((start > 0 ? text.charCodeAt(start - 1) : before) === 0x2e) return skip
  const parts = text.slice(start, end).split(".")
  return parts.length === 4 && parts.every(isOctet) ? end : skip
}

/**
 * Accepts eight groups, or fewer with one `::` (RFC 4291). That rules out times, which have no `::`, and a digit is
 * required, which rules out names.
 */
export const acceptIpv6 = (text: string, start: number, end: number): number => {
  const address = text.slice(start, end).replace(/(?<!:):$/, "")
  const [, head = "", last] = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(address) ?? []
  if (last !== undefined && !last.split(".").every(isOctet)) return skip
  const plain = last === undefined ? address : `${head}0:0`
  const halves = plain.split("::")
  const groups = halves.flatMap((half) => half === "" ? [] : half.split(":"))
  const isWhole = halves.length === 1 ? groups.length === 8 : halves.length === 2 && groups.length < 8
  const isHex = groups.every((group) => /^[\da-f]{1,4}$/i.test(group))
  if (!isWhole || !isHex || !/\d/.test(plain) || isAlphanumeric(text.charCodeAt(start + address.length))) {
    return skip
  }
  return start + address.length
}

/** Accepts the longest number of 9 to 12 digits, with a leading 0, that begins here. Dates are not phone numbers. */
export const acceptLocalPhone = (text: string, start: number, end: number): number => {
  let digits = 0
  let found = retry
  for (let at = start; at < end && digits <= 12; at++) {
    if (!isDigit(text.charCodeAt(at))) continue
    digits++
    if (digits >= 9 && digits <= 12 && !isDigit(text.charCodeAt(at + 1))) found = at + 1
  }
  const spelt = text.slice(start, found)
  return found === retry || otherNumbers.test(spelt) || spelt.includes("(") !== spelt.includes(")")
    ? retry
    : found
}
/** Dates, and numbers in the form of a social security number, which are for `acceptSsn` to judge. */
const otherNumbers = /^(?:\d\d([./-])\d\d\1\d{4}|\d{3}-\d\d-\d{4}$)/

/**
 * Keys are random, so a name in the same notation lacks a digit or a letter. So does every part of it, which is why
 * the search goes on after it.
 */
export const acceptSecret = (text: string, start: number, end: number): number => {
  const key = text.slice(start + 3, end)
  return /\d/.test(key) && /[A-Za-z]/.test(key) ? end : skip
}
