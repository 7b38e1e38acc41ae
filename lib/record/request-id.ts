/**
 * Time-ordered UUIDs (RFC 9562 §5.7), the form of Cloudflare's log, event and request ids.
 *
 * @module
 */
import { hex, hexBytes } from "../bytes/hex.ts"

/** Random digits for each id: sixteen of its own, and four for the counter if it is the first of its millisecond. */
const digits = 20

/** How many ids share a draw. */
const shares = 100

/** Random digits: to draw those of one id costs more than all the rest of it (3 µs on Node 20). */
let pool = ""
let used = 0

const refill = (): void => {
  pool = hex(crypto.getRandomValues(new Uint8Array(shares * digits / 2)))
  used = 0
}

let last = -1
let count = 0
/** The first 48 bits, in their two groups: many requests come in one millisecond. */
let time = ""

/** A monotonic counter within a millisecond, seeded in the lower half to leave headroom (§6.2). */
const counted = (now: number, seedAt: number): number => {
  if (now === last) return count = (count + 1) & 0xfff
  const all = Math.max(0, Math.floor(now)).toString(16).padStart(12, "0").slice(-12)
  time = `${all.slice(0, 8)}-${all.slice(8)}-`
  last = now
  return count = parseInt(pool.slice(seedAt, seedAt + 4), 16) & 0x7ff
}

/** The digits of which the first two bits are the variant. */
const variants = "89ab"

/**
 * Makes a UUIDv7.
 *
 * @param now milliseconds since 1970; the first 48 bits of the id
 */
export const uuidV7 = (now: number): string => {
  if (used === pool.length) refill()
  const at = used
  used += digits
  const counter = counted(now, at + 16)
  const version = hexBytes[(counter >> 8) | 0x70] as string
  const low = hexBytes[counter & 0xff] as string
  const code = pool.charCodeAt(at)
  // Letters are one short of their values, modulo four.
  const variant = variants[(code > 0x39 ? code + 1 : code) & 3] as string
  return `${time}${version}${low}-${variant}${pool.slice(at + 1, at + 4)}-${pool.slice(at + 4, at + 16)}`
}
