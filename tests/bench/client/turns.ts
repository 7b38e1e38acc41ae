/**
 * Targets in turn, so that what disturbs one disturbs the others.
 *
 * @module
 */
import { connectAll, type Fail } from "./connection.ts"
import type { Times, Turns } from "./jobs.ts"

export const turns = async (
  { targets, rounds, atOnce }: Turns,
  fail: Fail,
): Promise<ReadonlyArray<Times>> => {
  const lanes = await Promise.all(targets.map(async (target) => ({
    pool: await connectAll(target, atOnce, fail),
    first: [] as Array<number>,
    whole: [] as Array<number>,
    bytes: 0,
  })))
  for (let round = 0; round < rounds; round++) {
    for (const lane of round % 2 === 0 ? lanes : lanes.toReversed()) {
      await Promise.all(
        lane.pool.map((connection) =>
          new Promise<void>((resolve) =>
            connection.send(({ sent, first, ended, bytes }) => {
              lane.first.push(first - sent)
              lane.whole.push(ended - sent)
              lane.bytes += bytes
              resolve()
            })
          )
        ),
      )
    }
  }
  for (const { pool } of lanes) for (const connection of pool) connection.close()
  return lanes.map(({ first, whole, bytes }) => ({ first, whole, bytes }))
}
