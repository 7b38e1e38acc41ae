/**
 * What a chat completion costs at a rate that leaves the machine mostly idle.
 *
 * @module
 */
import type { Measure } from "../bench.ts"
import { completion } from "../requests.ts"
import { costs } from "./cost.ts"

const perSecond = 500

export const request: Measure = {
  name: "request",
  run: async (bench) => ({
    measure: "request",
    title: `CPU of a chat completion at ${perSecond} requests a second`,
    rows: await costs(bench, bench.short ? 3 : 7, "request", async (of) => {
      const { requests } = await bench.client.run({
        kind: "rate",
        target: completion(of),
        perSecond,
        milliseconds: bench.short ? 1000 : 2000,
      })
      return requests
    }),
    doesNotShow:
      "the least a request can cost: a process that wakes for each works on fewer at a time than one under load.",
  }),
}
