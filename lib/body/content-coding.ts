/**
 * Decodes a request body to inspect it; the bytes that are forwarded stay encoded.
 *
 * A few bytes may decode to gigabytes, so the output is passed on piece by piece and held to a limit.
 *
 * @module
 */
import type { HeaderReader } from "../headers/header-reader.ts"

/** Decodes bytes piece by piece; stops early if the reader does. Throws if they cannot be decoded. */
type Decoder = (bytes: Uint8Array<ArrayBuffer>) => AsyncIterable<Uint8Array>

/** A transform of `node:zlib`, as far as it is used here. */
interface ZlibStream extends AsyncIterable<Uint8Array> {
  readonly end: (bytes: Uint8Array) => void
}

type Zlib = Readonly<Record<string, (() => ZlibStream) | undefined>>

/** Most runtimes provide Node's own module; Workers do with `nodejs_compat`. */
const builtin = (): Zlib | undefined => {
  const { process } = globalThis as {
    readonly process?: { readonly getBuiltinModule?: (name: string) => Zlib | undefined }
  }
  return process?.getBuiltinModule?.("node:zlib")
}

const byZlib = (make: () => ZlibStream): Decoder => (bytes) => {
  const stream = make()
  stream.end(bytes)
  return stream
}

/** Bytes decoded at a time: some runtimes decode all of their input at once, into one piece. */
const slice = 4096

const byStream = (format: string): Decoder =>
  async function* (bytes) {
    const { readable, writable } = new DecompressionStream(format as CompressionFormat)
    const writer = writable.getWriter()
    const feed = async (): Promise<void> => {
      for (let at = 0; at < bytes.length; at += slice) await writer.write(bytes.subarray(at, at + slice))
      await writer.close()
    }
    // The reading side fails as well, with the reason.
    feed().catch(() => {})
    const reader = readable.getReader()
    try {
      for (;;) {
        const { done, value } = await reader.read()
        if (done) return
        yield value
      }
    } finally {
      reader.cancel().catch(() => {})
    }
  }

/**
 * By its name in `node:zlib` if that is available, else by its name in the Compression standard, but only for codings in
 * which a few bytes cannot decode to much: eight bytes of brotli make 16 MiB, and workerd (2026-10) makes all of them
 * before the first is read.
 */
const decoderOf = (makes: string, format?: string): Decoder | undefined => {
  const make = builtin()?.[makes]
  if (make !== undefined) return byZlib(make)
  return format === undefined ? undefined : byStream(format)
}

/** A zlib header (RFC 1950): `deflate` has one by the standard, and often lacks it in practice. */
const hasZlibHeader = ([first = 0, second = 0]: Uint8Array): boolean =>
  (first & 0x0f) === 8 && (first * 256 + second) % 31 === 0

const decoderFor = (coding: string, bytes: Uint8Array): Decoder | undefined => {
  switch (coding) {
    case "gzip":
    case "x-gzip":
      return decoderOf("createGunzip", "gzip")
    case "deflate":
      return hasZlibHeader(bytes)
        ? decoderOf("createInflate", "deflate")
        : decoderOf("createInflateRaw", "deflate-raw")
    case "br":
      return decoderOf("createBrotliDecompress")
    case "zstd":
      return decoderOf("createZstdDecompress")
    default:
      return undefined
  }
}

/** The content coding that headers declare, in lower case; `undefined` if they declare none. */
export const codingOf = (headers: HeaderReader): string | undefined => {
  const given = headers.get("content-encoding")
  if (given === null) return undefined
  const codings = given.toLowerCase().split(",").map((coding) => coding.trim())
  const named = codings.filter((coding) => coding !== "" && coding !== "identity").join(", ")
  return named === "" ? undefined : named
}

/**
 * How decoding ended: with the whole body, or because it exceeds the limit, is malformed, or has a coding that this
 * runtime does not know.
 */
export type Decoded = "whole" | "too large" | "broken" | "unknown"

/**
 * Decodes a body.
 *
 * @param limit the most decoded bytes
 * @param take called with the decoded bytes, piece by piece, including the piece that passes the limit; must not keep a
 *   reference to them
 */
export const decodeBody = async (
  bytes: Uint8Array<ArrayBuffer>,
  coding: string,
  limit: number,
  take: (piece: Uint8Array) => void,
): Promise<Decoded> => {
  const decoder = decoderFor(coding, bytes)
  if (decoder === undefined) return "unknown"
  let size = 0
  try {
    for await (const piece of decoder(bytes)) {
      take(piece)
      size += piece.byteLength
      if (size > limit) return "too large"
    }
    return "whole"
  } catch {
    return "broken"
  }
}
