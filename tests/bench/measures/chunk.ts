/**
 * What a relayed chunk of a stream costs.
 *
 * @module
 */
import type { Measure } from "../bench.ts"
import { stream } from "../requests.ts"
import { costs } from "./cost.ts"

const streams = 24
const gap = 5

export const chunk: Measure = {
  name: "chunk",
  run: async (bench) => {
    const events = bench.short ? 150 : 300
    return {
      measure: "chunk",
      title: `Cost of a relayed, metered chunk: ${streams} streams, ${gap} ms apart`,
      rows: await costs(bench, bench.short ? 3 : 7, "chunk", async (of) => {
        await bench.client.run({
          kind: "turns",
          targets: [stream(of, events, gap)],
          rounds: 1,
          atOnce: streams,
        })
        // The last events come as one chunk.
        return streams * (events + 1)
      }, (of) => stream(of, 50, 1)),
      doesNotShow:
        "chunks that come faster than they are read, which runtimes join; each here costs a read and a " +
        "write of the kernel's, which are part of the figure.",
    }
  },
}
