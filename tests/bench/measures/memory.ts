/**
 * What a proxy holds in memory: when idle, with many streams open, behind a reader that pauses, in a long stream.
 *
 * @module
 */
import { type Bench, type Measure, subjectsOf } from "../bench.ts"
import { rounds } from "../rounds.ts"
import { rowsOf } from "../rows.ts"
import type { Subject } from "../subjects.ts"
import { difference, ratio, summarise } from "../summary.ts"
import type { Row } from "../table.ts"
import { type Held, longStreams, manyStreams } from "./held-memory.ts"

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

const rowsOfHeld = async (
  bench: Bench,
  count: number,
  held: (subject: Subject) => Promise<Partial<Held>>,
  relative: (a: (name: keyof Held) => ReadonlyArray<number>, b: typeof a, other: string) => Row["cells"],
): Promise<ReadonlyArray<Row>> => {
  const found = await rounds(subjectsOf(bench), count, held)
  const of = (subject: Subject) => (name: keyof Held) => valuesOf(found(subject), name)
  return rowsOf(bench, "", {
    own: (subject) => own(found(subject)),
    relative: (gateway, other) => relative(of(gateway), of(other), other.name),
  })
}

const doesNotShow =
  "what is in use: a runtime keeps memory that it may need again. A few MiB between two runs are chance."

export const openStreams: Measure = {
  name: "open-streams",
  run: async (bench) => {
    const streams = bench.short ? 300 : 1000
    return {
      measure: "open-streams",
      title: `Resident memory: idle after 100 requests, and for each of ${streams} open streams`,
      rows: await rowsOfHeld(
        bench,
        bench.short ? 1 : 3,
        (subject) => manyStreams(bench, subject, streams),
        (a, b, name) => ({
          [`idle over ${name}, MiB`]: difference(a("idle"), b("idle")),
          [`a stream to ${name}, ×`]: ratio(a("perStream"), b("perStream")),
        }),
      ),
      doesNotShow,
    }
  },
}

export const longMemory: Measure = {
  name: "long-streams",
  run: async (bench) => ({
    measure: "long-streams",
    title: "Resident memory: what a stream of 1 GB adds, behind a reader that pauses and one that does not",
    rows: await rowsOfHeld(
      bench,
      bench.short ? 1 : 3,
      (subject) => longStreams(bench, subject),
      (a, b, name) => ({ [`1 GB stream over ${name}, MiB`]: difference(a("long"), b("long")) }),
    ),
    doesNotShow,
  }),
}
