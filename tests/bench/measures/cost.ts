/**
 * What a unit of work costs a proxy's process.
 *
 * @module
 */
import { type Bench, subjectsOf } from "../bench.ts"
import type { Target } from "../client/jobs.ts"
import { cpuMeter } from "../process-use.ts"
import type { Asked } from "../requests.ts"
import { roundsOfRunning } from "../rounds.ts"
import { rowsOf } from "../rows.ts"
import type { Running } from "../subjects.ts"
import { ratio, summarise } from "../summary.ts"
import type { Row } from "../table.ts"

/**
 * CPU in microseconds for each of the units that `work` does.
 *
 * @param work returns how many units it did
 * @param target what to warm up with; a chat completion unless given
 */
export const costs = async (
  bench: Bench,
  count: number,
  unit: string,
  work: (of: Running) => Promise<number>,
  target?: (of: Asked) => Target,
): Promise<ReadonlyArray<Row>> => {
  const costOf = await roundsOfRunning(bench, subjectsOf(bench), count, async (of) => {
    const spent = cpuMeter(of.pid)
    const units = await work(of)
    return spent() / units
  }, target)
  return rowsOf(bench, "", {
    own: (of) => ({ [`CPU µs a ${unit}`]: summarise(costOf(of)) }),
    relative: (gateway, other) => ({ [`to ${other.name}, ×`]: ratio(costOf(gateway), costOf(other)) }),
  })
}
