/**
 * What a proxy adds to a chat completion.
 *
 * @module
 */
import type { Measure } from "../bench.ts"
import { completion } from "../requests.ts"
import { addedTimes } from "./added-time.ts"

export const latency: Measure = {
  name: "latency",
  run: async (bench) => ({
    measure: "latency",
    title: "Added latency: one chat completion of 0.6 kB at a time, connections kept alive",
    rows: await addedTimes(bench, {
      "": {
        target: completion,
        to: "whole",
        atOnce: 1,
        ...bench.short ? { warmUp: 300, blocks: 5, turns: 100 } : { warmUp: 2000, blocks: 15, turns: 400 },
      },
    }),
    doesNotShow:
      "latency under load, or over a network and TLS; a model takes hundreds of milliseconds beside it.",
  }),
}
