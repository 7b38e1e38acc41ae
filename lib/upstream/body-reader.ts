/**
 * How the chunks of an answer's body are read from its transport.
 *
 * @module
 */

/** The outcome of a read. */
export type ChunkRead<Chunk = Uint8Array> =
  | { readonly done: false; readonly value: Chunk }
  | { readonly done: true; readonly value?: Chunk | undefined }

/** Reads a body, one chunk at a time. */
export interface ChunkReader {
  /** @param expected how many bytes are still to come, if known */
  readonly read: (expected?: number) => Promise<ChunkRead>
  readonly cancel: () => Promise<unknown>
  /** All bytes have come. Where this is absent the end has to be read as well, so that the connection can be used again. */
  readonly settle?: () => void
}

/** Starts to read the body of a transport's answer, which it locks; `undefined` if the answer has none. */
export type OpenReader = (response: Pick<Response, "body">) => ChunkReader | undefined

/** Takes chunks as the runtime makes them. */
export const readChunks: OpenReader = ({ body }) => body?.getReader()

/** Room for an event of a stream. */
const least = 4096

/** `undefined` for a stream that is not a byte stream: its source determines its chunks. */
const byteReader = (source: ReadableStream<Uint8Array>): ReadableStreamBYOBReader | undefined => {
  try {
    return source.getReader({ mode: "byob" })
  } catch {
    return undefined
  }
}

/** Reads a stream into buffers that begin small and grow while they are filled. */
const bufferReader = (source: ReadableStream<Uint8Array>, most: number): ChunkReader => {
  const reader = byteReader(source)
  if (reader === undefined) return source.getReader()
  let size = least
  const grow = <Read extends ChunkRead>(read: Read): Read => {
    if (read.value?.byteLength === size) size = Math.min(most, 4 * size)
    return read
  }
  return {
    // A zero-length BYOB view throws (Streams standard).
    read: (expected = size) => reader.read(new Uint8Array(expected || size)).then(grow),
    cancel: () => reader.cancel(),
  }
}

/**
 * Reads into buffers of its own, for runtimes whose own chunks suit neither events nor files.
 *
 * @param most the most bytes of a chunk
 */
export const readBuffers = (most: number): OpenReader => ({ body }) =>
  body === null ? undefined : bufferReader(body, most)
