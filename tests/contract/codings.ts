/** Request bodies in content codings. */
import { Buffer } from "node:buffer"
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib"

/** A zstd frame of one raw block (RFC 8878 §3.1): not every Node can make a better one. */
const zstd = (bytes: Uint8Array): Buffer => {
  const header = Buffer.alloc(12)
  header.writeUInt32LE(0xfd2fb528, 0)
  // A single segment, and a content size of four bytes.
  header.writeUInt8(0xa0, 4)
  header.writeUInt32LE(bytes.length, 5)
  header.writeUIntLE(1 + 8 * bytes.length, 9, 3)
  return Buffer.concat([header, bytes])
}

/** What encodes bytes, by the name of the coding, and for `deflate` without the header that it should have. */
export const codings: ReadonlyArray<
  readonly [coding: "gzip" | "deflate" | "br" | "zstd", encode: (bytes: Uint8Array) => Buffer]
> = [
  ["gzip", gzipSync],
  ["deflate", deflateSync],
  ["deflate", deflateRawSync],
  ["br", brotliCompressSync],
  ["zstd", zstd],
]

/** Bytes of a gzip body. */
export const gzipped = (text: string | Uint8Array): Buffer => gzipSync(text)
