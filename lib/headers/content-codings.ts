/**
 * The content codings of answers.
 *
 * @module
 */
import type { HeaderReader } from "./header-reader.ts"

/** What servers write for no coding. */
const none: ReadonlySet<string> = new Set(["", "identity", "none"])

/** The codings that every runtime can decode (the Compression Streams standard), by their names in HTTP. */
const formats: Readonly<Record<string, CompressionFormat>> = {
  gzip: "gzip",
  "x-gzip": "gzip",
  deflate: "deflate",
}

/** Other codings that exist; anything else in the header is treated as a mistake. */
const unreadable: ReadonlySet<string> = new Set(["br", "zstd", "compress", "x-compress", "dcb", "dcz"])

/** The codings of a body, in lower case, in the order in which they were applied. */
const codingsOf = (headers: HeaderReader): ReadonlyArray<string> => {
  const value = headers.get("content-encoding")
  if (value === null) return []
  return value.split(",").map((coding) => coding.trim().toLowerCase()).filter((coding) => !none.has(coding))
}

/** Whether a body is in a content coding, or may be. */
export const isCoded = (headers: HeaderReader): boolean => codingsOf(headers).length > 0

/** How a coded body is decoded. */
export type Decoding =
  /** By these formats, in this order. */
  | { readonly kind: "formats"; readonly formats: ReadonlyArray<CompressionFormat> }
  /** Not at all: the coding is unknown here. */
  | { readonly kind: "unreadable"; readonly coding: string }

/** No honest server applies more than two codings. */
const most = 2

/** How to decode a body; `undefined` if it needs no decoding, even if the header is mistaken. */
export const decodingOf = (headers: HeaderReader): Decoding | undefined => {
  const codings = codingsOf(headers)
  const known = codings.map((coding) => formats[coding]).filter((format) => format !== undefined)
  if (codings.length > 0 && known.length === codings.length && known.length <= most) {
    return { kind: "formats", formats: known.reverse() }
  }
  const isReal = known.length > 0 || codings.some((coding) => unreadable.has(coding))
  return isReal ? { kind: "unreadable", coding: codings.join(", ").slice(0, 64) } : undefined
}

/** Bytes given to a decoder at a time: some runtimes decode all of their input at once, into one piece. */
const slice = 4096

const sliced = (): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> =>
  new TransformStream({
    transform: (chunk, controller) => {
      for (let at = 0; at < chunk.length; at += slice) controller.enqueue(chunk.subarray(at, at + slice))
    },
  })

/** A body, decoded. */
export const decoded = (
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  formats: ReadonlyArray<CompressionFormat>,
): ReadableStream<Uint8Array<ArrayBuffer>> => {
  let plain = body
  for (const format of formats) {
    const decoder = new DecompressionStream(format) as TransformStream<Uint8Array, Uint8Array<ArrayBuffer>>
    plain = plain.pipeThrough(sliced()).pipeThrough(decoder)
  }
  return plain
}
