/**
 * The figures that the gateway is held to, and how near a run came to them.
 *
 * @module
 */
import { type Runtime, runtimes } from "../support/spawn-gateway.ts"
import { figure, grid, type Table } from "./table.ts"

/** A figure that has a goal on some runtimes. */
interface Goal {
  readonly title: string
  readonly measure: string
  readonly column: string
  /** What the names of its rows end with, after the runtime and "before". */
  readonly suffix?: string
  /** The beginning of the names of its rows; the runtime unless given. */
  readonly row?: string
  readonly of: Readonly<Partial<Record<Runtime, string>>>
}

const of = (bun: string, node: string, deno: string, workerd: string): Goal["of"] => ({
  bun,
  node,
  deno,
  workerd,
})

const rate = of("≥ 0.60", "≥ 0.80", "≥ 0.50", "≥ 0.65")
const figures = { bun: "", node: "", deno: "", workerd: "" }

/** In the order of the page. An empty goal asks for the figure alone. */
const goals: ReadonlyArray<Goal> = [
  {
    title: "CPU of a JSON call, 16 connections, to the floor",
    measure: "throughput",
    column: "CPU to floor, ×",
    suffix: ", 16 connections",
    of: of("≤ 2.0", "≤ 1.4", "≤ 2.5", "≤ 1.6"),
  },
  {
    title: "requests a second, 16 connections, to the floor",
    measure: "throughput",
    column: "to floor, ×",
    suffix: ", 16 connections",
    of: rate,
  },
  {
    title: "requests a second, 64 connections, to the floor",
    measure: "throughput",
    column: "to floor, ×",
    suffix: ", 64 connections",
    of: rate,
  },
  {
    title: "added latency over the floor, p50, ms",
    measure: "latency",
    column: "p50 over floor, ms",
    of: of("≤ 0.08", "≤ 0.12", "≤ 0.15", "≤ 0.2"),
  },
  {
    title: "added time to the first token over the floor, p50, ms",
    measure: "first-token",
    column: "p50 over floor, ms",
    suffix: ", one stream",
    of: of("≤ 0.3", "≤ 0.2", "≤ 0.2", "≤ 0.2"),
  },
  {
    title: "added latency in a process's first 1,000 calls, p50, ms",
    measure: "cold-latency",
    column: "p50 over floor, ms",
    of: { ...figures, bun: "≤ 0.25" },
  },
  {
    title: "added time to the first token in its first 1,000, p50, ms",
    measure: "cold-first-token",
    column: "p50 over floor, ms",
    of: { ...figures, bun: "≤ 0.5" },
  },
  {
    title: "events a second, 64 in a write, to the floor",
    measure: "events",
    column: "to floor, ×",
    of: { bun: "≥ 0.4" },
  },
  {
    title: "events a second, 64 in a write, to nginx",
    measure: "events",
    column: "to nginx, ×",
    of: { bun: "≥ 1.0" },
  },
  {
    title: "CPU of a metered chunk, to the floor",
    measure: "chunk",
    column: "to floor, ×",
    of: of("≤ 1.6", "≤ 1.3", "≤ 3.0", "≤ 3.0"),
  },
  {
    title: "memory of an open stream, to the floor",
    measure: "open-streams",
    column: "a stream to floor, ×",
    of: of("≤ 1.5", "≤ 1.5", "≤ 1.5", "≤ 1.5"),
  },
  {
    title: "allocation a call, kB",
    measure: "allocation",
    column: "kB a call",
    // 0.55 of the 96 that a call took at first, as 28 is of the 51 that another way to count had found.
    of: { node: "≤ 53" },
  },
  {
    title: "observed to unobserved, 16 connections",
    measure: "observed",
    column: "to unobserved, ×",
    suffix: ", 16 connections",
    of: { bun: "≥ 0.92" },
  },
  {
    title: "observed to unobserved, 64 connections",
    measure: "observed",
    column: "to unobserved, ×",
    suffix: ", 64 connections",
    of: { bun: "≥ 0.92" },
  },
  {
    title: "`worker.js`, kB gzip",
    measure: "size",
    column: "kB gzip",
    row: "worker.js",
    of: { workerd: "≤ 85" },
  },
]

/** The names of the measures that have a goal. */
export const measuresWithGoals: ReadonlySet<string> = new Set(goals.map(({ measure }) => measure))

const cell = (tables: ReadonlyArray<Table>, goal: Goal, runtime: Runtime): string => {
  const aim = goal.of[runtime]
  const table = tables.find(({ measure }) => measure === goal.measure)
  const found = (which: string): string | undefined => {
    const name = `${goal.row ?? runtime}${which}${goal.suffix ?? ""}`
    const summary = table?.rows.find((row) => row.name === name)?.cells[goal.column]
    return summary === undefined ? undefined : figure(summary.median)
  }
  const after = found("")
  if (aim === undefined || after === undefined) return ""
  const before = found(" before")
  return `${before === undefined ? "" : `${before} → `}${after}${aim === "" ? "" : ` (${aim})`}`
}

/** Medians before and after, and the goals, as Markdown; undefined if nothing was measured that has a goal. */
export const goalsText = (tables: ReadonlyArray<Table>): string | undefined => {
  const lines = goals
    .map((goal) => [goal.title, ...runtimes.map((runtime) => cell(tables, goal, runtime))])
    .filter(([, ...cells]) => cells.some((text) => text !== ""))
  return lines.length === 0
    ? undefined
    : `\nBefore → after (goal)\n\n${grid([["", ...runtimes], ...lines])}\n`
}
