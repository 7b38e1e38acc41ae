/**
 * What a proxy adds to the time to the first token of a stream.
 *
 * @module
 */
import type { Measure } from "../bench.ts"
import { stream } from "../requests.ts"
import { addedTimes, type Timed } from "./added-time.ts"

export const firstToken: Measure = {
  name: "first-token",
  run: async (bench) => {
    // The rest of the stream follows 5 ms later, so that nothing but the first event is on its way.
    const timed = { target: (of: Parameters<Timed["target"]>[0]) => stream(of, 2, 5), to: "first" } as const
    const one = bench.short ? { warmUp: 30, blocks: 5, turns: 10 } : { warmUp: 300, blocks: 15, turns: 60 }
    const many = bench.short ? { warmUp: 8, blocks: 5, turns: 3 } : { warmUp: 50, blocks: 15, turns: 20 }
    return {
      measure: "first-token",
      title: "Added time to the first token of a streamed chat completion",
      rows: await addedTimes(bench, {
        ", one stream": { ...timed, ...one, atOnce: 1 },
        ", 32 at once": { ...timed, ...many, atOnce: 32 },
      }),
      doesNotShow:
        "a network, TLS, or the model's own time to its first token. 32 streams that start together wait " +
        "for each other in the upstream and the client too.",
    }
  },
}
