/**
 * Standard base64 (RFC 4648 §4), padded.
 *
 * `atob` gives text: to make bytes of a megabyte of it takes Node 20 a second, and these 50 ms.
 *
 * @module
 */

const alphabet = new TextEncoder().encode("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
const padding = 61
const unknown = 255

const values = new Uint8Array(256).fill(unknown)
for (const [value, letter] of alphabet.entries()) values[letter] = value

/** Writes bytes as base64. */
export const toBase64 = (bytes: Uint8Array): string => {
  const letters = new Uint8Array(4 * Math.ceil(bytes.length / 3)).fill(padding)
  for (let from = 0, to = 0; from < bytes.length; from += 3) {
    const left = bytes.length - from
    const group = ((bytes[from] ?? 0) << 16) | ((bytes[from + 1] ?? 0) << 8) | (bytes[from + 2] ?? 0)
    letters[to++] = alphabet[group >> 18] ?? 0
    letters[to++] = alphabet[(group >> 12) & 63] ?? 0
    if (left > 1) letters[to] = alphabet[(group >> 6) & 63] ?? 0
    to++
    if (left > 2) letters[to] = alphabet[group & 63] ?? 0
    to++
  }
  return new TextDecoder().decode(letters)
}

/** The bytes of base64. Throws if it is something else. */
export const fromBase64 = (text: string): Uint8Array<ArrayBuffer> => {
  const letters = new TextEncoder().encode(text)
  let length = letters.length
  if (length % 4 !== 0) throw new Error("not base64")
  for (let pads = 0; pads < 2 && letters[length - 1] === padding; pads++) length--
  const bytes = new Uint8Array(Math.floor(length * 3 / 4))
  let [group, bits, to] = [0, 0, 0]
  for (let from = 0; from < length; from++) {
    const value = values[letters[from] ?? 0] ?? unknown
    if (value === unknown) throw new Error("not base64")
    group = ((group << 6) | value) & 0xff_ffff
    bits += 6
    if (bits < 8) continue
    bits -= 8
    bytes[to++] = (group >> bits) & 255
  }
  return bytes
}
