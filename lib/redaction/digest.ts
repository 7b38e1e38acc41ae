/**
 * SHA-256, to name what must not be shown.
 *
 * @module
 */
import { hex } from "../bytes/hex.ts"

/** The digest of some bytes. */
export const sha256 = async (bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))

/** The digest of a text, in hex. */
export const textDigest = async (text: string): Promise<string> =>
  hex(await sha256(new TextEncoder().encode(text)))

/** The SHA-1 of a text, in hex: a name that others give, no safeguard. */
export const textSha1 = async (text: string): Promise<string> =>
  hex(new Uint8Array(await crypto.subtle.digest("SHA-1", new TextEncoder().encode(text))))
