/**
 * SHA-256 (FIPS 180-4) without waiting, for the secrets of settings: WebCrypto's digest is a promise, and settings are read
 * in one go.
 *
 * What callers present is digested by WebCrypto; a wrong digest here would open nothing.
 *
 * @module
 */

/** The first 32 bits of the fractional parts of a root of each of the first primes (§4.2.2, §5.3.3). */
const fractions = (count: number, root: (prime: number) => number): ReadonlyArray<number> => {
  const primes: Array<number> = []
  for (let n = 2; primes.length < count; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n)
  return primes.map((prime) => Math.floor((root(prime) % 1) * 2 ** 32) | 0)
}

/** Made when first needed: modules have no work to do before the first request. */
let tables: { readonly constants: ReadonlyArray<number>; readonly initial: ReadonlyArray<number> } | undefined

const rotated = (word: number, by: number): number => (word >>> by) | (word << (32 - by))

/** The message with its padding (§5.1.1), as words. */
const padded = (message: Uint8Array): ReadonlyArray<number> => {
  const words = Array<number>(16 * Math.ceil((message.length + 9) / 64)).fill(0)
  const set = (at: number, byte: number): void => {
    words[at >> 2] = (words[at >> 2] ?? 0) | (byte << (24 - 8 * (at % 4)))
  }
  for (const [at, byte] of message.entries()) set(at, byte)
  set(message.length, 0x80)
  words[words.length - 1] = 8 * message.length
  return words
}

/** The digest of a text of less than 2^28 bytes. */
export const sha256Now = (text: string): Uint8Array => {
  tables ??= { constants: fractions(64, Math.cbrt), initial: fractions(8, Math.sqrt) }
  const { constants, initial } = tables
  const state = [...initial]
  const words = padded(new TextEncoder().encode(text))
  const schedule = Array<number>(64).fill(0)
  const at = (index: number): number => schedule[index] ?? 0
  for (let block = 0; block < words.length; block += 16) {
    for (let t = 0; t < 64; t++) {
      const [early, late] = [at(t - 15), at(t - 2)]
      schedule[t] = t < 16 ? words[block + t] ?? 0 : (rotated(late, 17) ^ rotated(late, 19) ^ (late >>> 10)) +
          at(t - 7) + (rotated(early, 7) ^ rotated(early, 18) ^ (early >>> 3)) + at(t - 16) | 0
    }
    let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state
    for (let t = 0; t < 64; t++) {
      const one = h + (rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)) + ((e & f) ^ (~e & g)) +
        (constants[t] ?? 0) + at(t)
      const two = (rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))
      h = g
      g = f
      f = e
      e = d + one | 0
      d = c
      c = b
      b = a
      a = one + two | 0
    }
    for (const [index, word] of [a, b, c, d, e, f, g, h].entries()) {
      state[index] = (state[index] ?? 0) + word | 0
    }
  }
  return Uint8Array.from({ length: 32 }, (_, at) => (state[at >> 2] ?? 0) >>> (24 - 8 * (at % 4)))
}
