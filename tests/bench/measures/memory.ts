/**
 * What a proxy holds in memory: when idle, with many streams open, behind a reader that pauses, in a long stream.
 *
 * @module
 */
import { type Measure, subjectsOf } from "../bench.ts"
import { rounds } from "../rounds.ts"
import { rowsOf } from "../rows.ts"
import { difference, ratio, summarise } from "../summary.ts"
import type { Row } from "../table.ts"
import { type Held, heldBy } from "./held-memory.ts"

const columns: Readonly<Record<string, keyof Held>> = {
  "idle, MiB": "idle",
  "a stream, KiB": "perStream",
  "streams served": "served",
  "upstream left after, ms": "gone",
  "paused reader, MiB more": "paused",
  "1 GB stream, MiB more": "long",
}

const valuesOf = (held: ReadonlyArray<Partial<Held>>, name: keyof Held): ReadonlyArray<number> =>
  held.flatMap((one) => one[name] ?? [])

const own = (held: ReadonlyArray<Partial<Held>>): Row["cells"] =>
  Object.fromEntries(
    Object.entries(columns)
      .map(([column, name]) => [column, summarise(valuesOf(held, name))] as const)
      .filter(([, { count }]) => count > 0),
  )

export const memory: Measure = {
  name: "memory",
  run: async (bench) => {
    const streams = bench.short ? 300 : 1000
    const found = await rounds(
      subjectsOf(bench),
      bench.short ? 1 : 3,
      (subject) => heldBy(bench, subject, streams),
    )
    return {
      measure: "memory",
      title:
        `Resident memory: idle after 100 requests; for each of ${streams} open streams; what a paused reader and a ` +
        "long stream add",
      rows: rowsOf(bench, "", {
        own: (of) => own(found(of)),
        relative: (gateway, base) => {
          const both = (name: keyof Held) =>
            [valuesOf(found(gateway), name), valuesOf(found(base), name)] as const
          return {
            [`idle over ${base.name}, MiB`]: difference(...both("idle")),
            [`a stream to ${base.name}, ×`]: ratio(...both("perStream")),
          }
        },
      }),
      doesNotShow:
        "what is in use: a runtime keeps memory that it may need again. A few MiB between two runs are chance.",
    }
  },
}
