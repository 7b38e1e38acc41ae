/**
 * What a proxy adds to the first thousand calls of its process, before much of it is compiled.
 *
 * @module
 */
import type { Measure } from "../bench.ts"
import { completion, stream } from "../requests.ts"
import { addedTimes } from "./added-time.ts"

const calls = 1000

const doesNotShow =
  "the very first call, which is cold-start's. Calls follow each other here; those that come minutes apart " +
  "also find the processor's caches cold."

export const coldLatency: Measure = {
  name: "cold-latency",
  run: async (bench) => ({
    measure: "cold-latency",
    title: `Added latency in the first ${calls} chat completions of a process, one at a time`,
    rows: await addedTimes(bench, {
      "": { target: completion, to: "whole", atOnce: 1, blocks: bench.short ? 2 : 7, turns: calls },
    }),
    doesNotShow,
  }),
}

export const coldFirstToken: Measure = {
  name: "cold-first-token",
  run: async (bench) => ({
    measure: "cold-first-token",
    title: `Added time to the first token in the first ${calls} streams of a process, one at a time`,
    rows: await addedTimes(bench, {
      "": {
        target: (of) => stream(of, 2, 3),
        to: "first",
        atOnce: 1,
        blocks: bench.short ? 1 : 3,
        turns: calls,
      },
    }),
    doesNotShow,
  }),
}
