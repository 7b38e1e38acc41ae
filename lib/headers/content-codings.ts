/**
 * The content codings of answers.
 *
 * @module
 */

/** What servers write that means none. */
const none: ReadonlySet<string> = new Set(["", "identity", "none"])

/** Those that every runtime can undo (the Compression Streams standard), by the names that HTTP has for them. */
const formats: Readonly<Record<string, CompressionFormat>> = {
  gzip: "gzip",
  "x-gzip": "gzip",
  deflate: "deflate",
}

/** Codings beside those that bytes can be in; what else stands in the header is taken for a mistake. */
const unreadable: ReadonlySet<string> = new Set(["br", "zstd", "compress", "x-compress", "dcb", "dcz"])

/** The codings of a body in the order in which they were applied, in lower case. */
const codingsOf = (headers: Headers): ReadonlyArray<string> => {
  const value = headers.get("content-encoding")
  if (value === null) return []
  return value.split(",").map((coding) => coding.trim().toLowerCase()).filter((coding) => !none.has(coding))
}

/** Whether a body is in a content coding, or may be. */
export const isCoded = (headers: Headers): boolean => codingsOf(headers).length > 0

/** How a coded body is to be undone, innermost last. */
export type Undoing =
  /** By these formats, in turn. */
  | { readonly kind: "formats"; readonly formats: ReadonlyArray<CompressionFormat> }
  /** Not at all, for it is in a coding that is not known here. */
  | { readonly kind: "unreadable"; readonly coding: string }

/** More than two are nobody's intention. */
const most = 2

/** How a body is to be undone; nothing where it is as it is, whatever a mistaken header says. */
export const undoing = (headers: Headers): Undoing | undefined => {
  const codings = codingsOf(headers)
  const known = codings.map((coding) => formats[coding]).filter((format) => format !== undefined)
  if (codings.length > 0 && known.length === codings.length && known.length <= most) {
    return { kind: "formats", formats: known.reverse() }
  }
  const isReal = known.length > 0 || codings.some((coding) => unreadable.has(coding))
  return isReal ? { kind: "unreadable", coding: codings.join(", ").slice(0, 64) } : undefined
}

/** So few bytes at a time, since some runtimes decode all that they are given at once, into one piece. */
const slice = 4096

const sliced = (): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> =>
  new TransformStream({
    transform: (chunk, controller) => {
      for (let at = 0; at < chunk.length; at += slice) controller.enqueue(chunk.subarray(at, at + slice))
    },
  })

/** A body with its codings undone. */
export const undone = (
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
