/**
 * As many requests as so many connections carry.
 *
 * @module
 */
import { answered } from "./answered.ts"
import { type Answer, connectAll, type Fail } from "./connection.ts"
import type { Answered, Load } from "./jobs.ts"

export const load = async (
  { target, connections, milliseconds, atMost = Infinity }: Load,
  fail: Fail,
): Promise<Answered> => {
  const pool = await connectAll(target, connections, fail)
  const times: Array<number> = []
  const start = performance.now()
  await Promise.all(pool.map((connection) =>
    new Promise<void>((resolve) => {
      const next = ({ sent, ended }: Answer): void => {
        times.push(ended - sent)
        if (ended - start < milliseconds && times.length < atMost) connection.send(next)
        else resolve()
      }
      connection.send(next)
    })
  ))
  const seconds = (performance.now() - start) / 1000
  for (const connection of pool) connection.close()
  return answered(times, seconds)
}
