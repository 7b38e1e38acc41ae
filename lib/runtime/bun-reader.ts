/**
 * How Bun's bodies are read.
 *
 * @module
 */
import type { ChunkRead, ChunkReader, OpenReader } from "../upstream/body-reader.ts"

/**
 * Reads Bun's own chunks. If the length is known, Bun returns the connection to the pool with the last byte, so the
 * end need not be read.
 */
class BunReader implements ChunkReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>

  constructor(reader: ReadableStreamDefaultReader<Uint8Array>) {
    this.#reader = reader
  }
  read(): Promise<ChunkRead> {
    return this.#reader.read()
  }
  cancel(): Promise<void> {
    return this.#reader.cancel()
  }
  settle(): void {}
}

/** Reads the body of an answer of Bun's `fetch`. */
export const readBunChunks: OpenReader = ({ body }) =>
  body === null ? undefined : new BunReader(body.getReader())
