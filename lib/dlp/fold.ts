/**
 * The folded form in which texts are compared: digits of all scripts, full-width characters, and every kind of space,
 * dash and full stop become ASCII, and invisible characters are removed.
 *
 * @module
 */

/**
 * Invisible: soft hyphen, joiners and direction marks, the byte order mark, variation selectors, Mongolian ones too.
 */
const unseen: ReadonlyArray<number> = [
  0xad,
  0xad,
  0x34f,
  0x34f,
  0x61c,
  0x61c,
  0x180b,
  0x180f,
  0x200b,
  0x200f,
  0x202a,
  0x202e,
  0x2060,
  0x206f,
  0xfe00,
  0xfe0f,
  0xfeff,
  0xfeff,
]
const spaces: ReadonlyArray<number> = [
  0xa0,
  0xa0,
  0x1680,
  0x1680,
  0x2000,
  0x200a,
  0x202f,
  0x202f,
  0x205f,
  0x205f,
  0x3000,
  0x3000,
]
const dashes: ReadonlyArray<number> = [
  0x2010,
  0x2015,
  0x2043,
  0x2043,
  0x2212,
  0x2212,
  0xfe58,
  0xfe58,
  0xfe63,
  0xfe63,
]
const stops: ReadonlyArray<number> = [0x2024, 0x2024, 0xfe52, 0xfe52, 0xff61, 0xff61, 0x3002, 0x3002]
/** The zero of each script's digits (Unicode 16, general category Nd, up to U+FFFF). */
const zeros: ReadonlyArray<number> = [
  0x660,
  0x6f0,
  0x7c0,
  0x966,
  0x9e6,
  0xa66,
  0xae6,
  0xb66,
  0xbe6,
  0xc66,
  0xce6,
  0xd66,
  0xde6,
  0xe50,
  0xed0,
  0xf20,
  0x1040,
  0x1090,
  0x17e0,
  0x1810,
  0x1946,
  0x19d0,
  0x1a80,
  0x1a90,
  0x1b50,
  0x1bb0,
  0x1c40,
  0x1c50,
  0xa620,
  0xa8d0,
  0xa900,
  0xa9d0,
  0xa9f0,
  0xaa50,
  0xabf0,
]

let table: Uint16Array | undefined

/** The folded form of each UTF-16 unit; 0 if it is removed. 128 KiB, built when a policy is first used. */
export const foldTable = (): Uint16Array => {
  if (table !== undefined) return table
  const made = new Uint16Array(0x10000)
  for (let unit = 0; unit < made.length; unit++) made[unit] = unit
  const fill = (ranges: ReadonlyArray<number>, value: number): void => {
    for (let at = 0; at < ranges.length; at += 2) made.fill(value, ranges[at], (ranges[at + 1] ?? 0) + 1)
  }
  fill(unseen, 0)
  fill(spaces, 0x20)
  fill(dashes, 0x2d)
  fill(stops, 0x2e)
  for (const zero of zeros) for (let digit = 0; digit < 10; digit++) made[zero + digit] = 0x30 + digit
  // The full-width forms of ASCII.
  for (let unit = 0xff01; unit <= 0xff5e; unit++) made[unit] = unit - 0xfee0
  table = made
  return made
}

/** The folded form of a UTF-16 unit; 0 if it is removed. */
export const foldUnit = (unit: number): number => unit < 0x80 ? unit : foldTable()[unit] ?? unit

/** The folded form of a text. */
export const foldText = (text: string): string => {
  let plain = ""
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    const like = foldUnit(unit)
    if (like !== 0 || unit === 0) plain += String.fromCharCode(like)
  }
  return plain
}
