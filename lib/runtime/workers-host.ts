/**
 * What Workers lend, and how they differ from a process of one's own.
 *
 * @module
 */
import type * as Layer from "effect/Layer"
import type { HostTraits } from "../layers.ts"
import { RequestLog } from "../log/RequestLog.ts"
import { readBuffers } from "../relay/chunk-reader.ts"
import { type StreamBody, Transport } from "../relay/Transport.ts"
import { layerSeparateMisses } from "../steps/separate-misses.ts"

const { FixedLengthStream } = globalThis as {
  readonly FixedLengthStream?: new (length: number) => TransformStream
}

const fixedLength: StreamBody = (body, length) =>
  FixedLengthStream === undefined ? body : body.pipeThrough(new FixedLengthStream(length))

/**
 * workerd undoes gzip and brotli whatever was asked for, where they are spelt so (2026-11), and sends a stream chunked,
 * whatever its `content-length`, unless it is a `FixedLengthStream`. A body's own chunks are of 4 KiB at most: in larger
 * ones a gigabyte takes a sixth of the CPU.
 */
export const layerWorkers: Layer.Layer<Transport> = Transport.layerFetch({
  decodes: ["gzip", "br"],
  streamBody: fixedLength,
  openReader: readBuffers(65_536),
})

/**
 * A request that waits for another one hangs, so misses are not shared. An isolate has 128 MB: 20,000 counters of either kind
 * about 9 MB, cached answers 32 MB, and the log 8 MB.
 */
export const workersTraits: HostTraits = {
  misses: layerSeparateMisses,
  memory: { maxBytes: 32 * 1024 * 1024, maxCounters: 20_000 },
  log: RequestLog.layerMemory({
    maxEntries: 2000,
    maxBytes: 8 * 1024 * 1024,
    whyNoFile: "Workers have no files, so BASEGATE_DB means nothing here",
  }),
  detached: false,
}
