/**
 * Encrypts ("seals") secrets with AES-GCM (NIST SP 800-38D), so that they can be stored where others may read.
 *
 * A sealed secret is `{key id}.{nonce}.{ciphertext}`. The key's id is public: it tells which of several keys opens
 * it. The secret's own id is authenticated with it, so that a sealed secret opens in its own place only.
 *
 * @module
 */
import * as Redacted from "effect/Redacted"
import { fromBase64, toBase64 } from "../bytes/base64.ts"
import { hex } from "../bytes/hex.ts"
import { sha256 } from "../redaction/digest.ts"

type Bytes = Uint8Array<ArrayBuffer>

/** 96 bits, as the standard recommends; it allows 2^32 random nonces per key. */
const nonceLength = 12

interface Key {
  readonly id: string
  readonly key: CryptoKey
}

/** Seals secrets and opens them. */
export interface Sealer {
  /** Whether there is a key. */
  readonly canSeal: boolean
  /** @param id the secret's own */
  readonly seal: (id: string, secret: Redacted.Redacted<string>) => Promise<string>
  /** `undefined` if no key opens it. */
  readonly open: (id: string, sealed: string) => Promise<Redacted.Redacted<string> | undefined>
  /** Whether it was sealed under another key than the first. */
  readonly isOld: (sealed: string) => Promise<boolean>
}

const importKey = async (text: Redacted.Redacted<string>): Promise<Key> => {
  const bytes = fromBase64(Redacted.value(text))
  const key = await crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"])
  // Eight digits of a digest reveal nothing about a random key.
  return { id: hex(await sha256(bytes)).slice(0, 8), key }
}

/**
 * Makes a sealer.
 *
 * @param keys 32 bytes each, in base64: the first seals, all of them open
 */
export const makeSealer = (keys: ReadonlyArray<Redacted.Redacted<string>>): Sealer => {
  // Values, not promises: on Workers a request must not wait for another's.
  let imported: ReadonlyArray<Key> | undefined
  const keyring = async (): Promise<ReadonlyArray<Key>> => imported ??= await Promise.all(keys.map(importKey))
  const parameters = (id: string, iv: Bytes) => ({
    name: "AES-GCM",
    iv,
    additionalData: new TextEncoder().encode(id),
  })
  return {
    canSeal: keys.length > 0,
    seal: async (id, secret) => {
      const [first] = await keyring()
      if (first === undefined) throw new Error("no key to seal with")
      const nonce = crypto.getRandomValues(new Uint8Array(nonceLength))
      const text = new TextEncoder().encode(Redacted.value(secret))
      const sealed = await crypto.subtle.encrypt(parameters(id, nonce), first.key, text)
      return `${first.id}.${toBase64(nonce)}.${toBase64(new Uint8Array(sealed))}`
    },
    open: async (id, sealed) => {
      const [keyId, nonce = "", text = ""] = sealed.split(".")
      const found = (await keyring()).find((key) => key.id === keyId)
      if (found === undefined) return undefined
      try {
        const opened = await crypto.subtle.decrypt(
          parameters(id, fromBase64(nonce)),
          found.key,
          fromBase64(text),
        )
        return Redacted.make(new TextDecoder().decode(opened))
      } catch {
        return undefined
      }
    },
    isOld: async (sealed) => {
      const [first] = await keyring()
      return first !== undefined && !sealed.startsWith(`${first.id}.`)
    },
  }
}

/** A hint of which secret it is: its last four characters if it is long enough to keep them. */
export const previewOf = (secret: string): string => secret.length < 16 ? "****" : `****${secret.slice(-4)}`
