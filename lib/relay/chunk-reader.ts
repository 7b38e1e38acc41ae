/**
 * How the chunks of a body are read.
 *
 * @module
 */

/** Reads a body. */
export interface ChunkReader {
  readonly read: () => Promise<ReadableStreamReadResult<Uint8Array>>
  readonly cancel: () => Promise<void>
}

/** Starts to read a body, which it locks. */
export type OpenReader = (source: ReadableStream<Uint8Array>) => ChunkReader

/** Takes chunks as the runtime makes them. */
export const readChunks: OpenReader = (source) => source.getReader()

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

/**
 * Reads into buffers that begin small and grow while they are filled, for runtimes whose own suit neither events nor
 * files.
 *
 * @param most the most bytes of a chunk
 */
export const readBuffers = (most: number): OpenReader => (source) => {
  const reader = byteReader(source)
  if (reader === undefined) return source.getReader()
  let size = least
  const grow = <Read extends ReadableStreamReadResult<Uint8Array>>(read: Read): Read => {
    if (read.value?.byteLength === size) size = Math.min(most, 4 * size)
    return read
  }
  return {
    read: () => reader.read(new Uint8Array(size)).then(grow),
    cancel: () => reader.cancel(),
  }
}
