/**
 * Whether a request body is JSON in UTF-8, as RFC 8259 (§8.1) requires.
 *
 * Some servers read JSON in other encodings, which they guess from its first bytes (Python's `json` does) or take from
 * the media type's `charset`. They must not act on a body that the gateway could not read.
 *
 * @module
 */

/** Encodings that agree with ASCII in letters, digits and quotes: read as UTF-8 their JSON has the same members. */
const likeAscii = /^(?:utf-?8|(?:us-)?ascii|(?:iso-?8859-|windows-125|cp125)\d{1,2}|latin-?\d)$/i

/** Whether a `content-type` declares an encoding in which JSON has other bytes. */
export const declaresOtherEncoding = (type: string): boolean => {
  const [, charset] = /;\s*charset\s*=\s*["']?([^\s"';]*)/i.exec(type) ?? []
  return charset !== undefined && charset !== "" && !likeAscii.test(charset)
}

/**
 * Whether bytes begin like UTF-16 or UTF-32: with their byte order mark, or with a NUL among the first four, since JSON
 * begins with ASCII.
 */
const beginsWide = (bytes: Uint8Array): boolean => {
  const first = bytes[0], second = bytes[1]
  return first === 0 || second === 0 || bytes[2] === 0 || bytes[3] === 0 ||
    (first === 0xfe && second === 0xff) || (first === 0xff && second === 0xfe)
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

const decodes = (decoder: TextDecoder, bytes: Uint8Array, options?: TextDecodeOptions): boolean => {
  try {
    decoder.decode(bytes, options)
    return true
  } catch {
    return false
  }
}

type Validate = (bytes: Uint8Array) => boolean

/** Node's own validates in a tenth of the time, and makes no text as long as the body; most runtimes lend it. */
const validator = (): Validate => {
  const { process } = globalThis as {
    readonly process?: {
      readonly getBuiltinModule?: (name: string) => { readonly isUtf8?: Validate } | undefined
    }
  }
  return process?.getBuiltinModule?.("node:buffer")?.isUtf8 ?? ((bytes) => decodes(strict, bytes))
}
let validate: Validate | undefined

/** Whether a body can be JSON in UTF-8. */
export const isUtf8 = (bytes: Uint8Array): boolean => !beginsWide(bytes) && (validate ??= validator())(bytes)

/** The same for a body in chunks: each call says whether the bytes so far can be UTF-8. */
export const utf8Check = (): (chunk: Uint8Array) => boolean => {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
  let beginning = new Uint8Array(0)
  return (chunk) => {
    if (beginning.length < 4) {
      beginning = new Uint8Array([...beginning, ...chunk.subarray(0, 4 - beginning.length)])
      if (beginsWide(beginning)) return false
    }
    return decodes(decoder, chunk, { stream: true })
  }
}
