/**
 * How the chunks of an answer's body are read.
 *
 * @module
 */

/** What came of a read. */
export type ChunkRead<Chunk = Uint8Array> =
  | { readonly done: false; readonly value: Chunk }
  | { readonly done: true; readonly value?: Chunk | undefined }

/** Reads a body. */
export interface ChunkReader {
  /** @param expected how many bytes are to come, where that is known */
  readonly read: (expected?: number) => Promise<ChunkRead>
  readonly cancel: () => Promise<unknown>
}

/** Starts to read the body of an answer, which it locks; nothing where the answer has none. */
export type OpenReader = (response: Response) => ChunkReader | undefined

/** Takes chunks as the runtime makes them. */
export const readChunks: OpenReader = ({ body }) => body?.getReader()

/** Room for an event of a stream. */
const least = 4096

/** Nothing for a stream that is not one of bytes: its chunks are of its own making. */
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
    // No room at all is an error (the Streams standard).
    read: (expected = size) => reader.read(new Uint8Array(expected || size)).then(grow),
    cancel: () => reader.cancel(),
  }
}

/**
 * Reads into buffers of its own, for runtimes whose own suit neither events nor files.
 *
 * @param most the most bytes of a chunk
 */
export const readBuffers = (most: number): OpenReader => ({ body }) =>
  body === null ? undefined : bufferReader(body, most)

/** Reads nothing. */
export const emptyReader: ChunkReader = {
  read: () => Promise.resolve({ done: true }),
  cancel: () => Promise.resolve(),
}
