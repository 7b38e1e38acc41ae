/**
 * Keeps the beginning of a body for the log.
 *
 * @module
 */
import type { Payload } from "./entry.ts"

/** A body of which the beginning is being kept. */
export interface PayloadKeeper {
  /** Takes a copy of the next bytes, as far as they are kept. */
  readonly push: (chunk: Uint8Array) => void
  /** What was kept, with every one of the secrets blotted out. */
  readonly finish: (secrets: Iterable<string>) => Payload
}

/** As much more is held as a secret is long, so that none is seen half where the text is cut off. */
const longestSecret = 4096

/** What stands in place of a secret. */
const blot = "[redacted]"

/** Shorter ones would blot out words; none that is worth the name is. */
const shortestSecret = 6

/** A secret as it may stand in a body: as it is, and escaped within JSON. */
const formsOf = (secret: string): ReadonlyArray<string> => {
  const escaped = JSON.stringify(secret).slice(1, -1)
  return [...new Set([secret, escaped, escaped.replaceAll("/", "\\/"), encodeURIComponent(secret)])]
}

/** Text without the secrets. The longest go first: one may hold another. */
export const withoutSecrets = (text: string, secrets: Iterable<string>): string =>
  [...secrets].filter((secret) => secret.length >= shortestSecret)
    .sort((one, other) => other.length - one.length)
    .flatMap(formsOf)
    .reduce((rest, form) => rest.replaceAll(form, blot), text)

/**
 * Starts to keep a body.
 *
 * @param limit how much of it is kept, in bytes
 */
export const keepPayload = (limit: number): PayloadKeeper => {
  const most = limit + longestSecret
  const chunks: Array<Uint8Array> = []
  let held = 0
  let size = 0
  return {
    push: (chunk) => {
      size += chunk.byteLength
      if (held >= most || chunk.byteLength === 0) return
      const part = chunk.slice(0, most - held)
      held += part.byteLength
      chunks.push(part)
    },
    finish: (secrets) => {
      const bytes = new Uint8Array(held)
      let at = 0
      for (const chunk of chunks) {
        bytes.set(chunk, at)
        at += chunk.byteLength
      }
      const text = withoutSecrets(new TextDecoder().decode(bytes), secrets)
      return { text: size <= limit ? text : cutTo(text, limit), size, complete: size <= limit }
    },
  }
}

/** The beginning of a text that takes at most so many bytes, and ends with a whole character. */
const cutTo = (text: string, bytes: number): string => {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(bytes))
  return text.slice(0, read)
}
