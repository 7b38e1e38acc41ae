/**
 * Answers that are left open.
 *
 * @module
 */
import { connectAll, type Connection, type Fail } from "./connection.ts"
import type { Held, Hold } from "./jobs.ts"

let held: ReadonlyArray<Connection> = []

export const hold = async ({ target, streams, patience, pause }: Hold, fail: Fail): Promise<Held> => {
  held = await connectAll(target, streams, fail)
  let served = 0
  await new Promise<void>((resolve) => {
    setTimeout(resolve, patience)
    for (const connection of held) {
      connection.send(() => {}, () => {
        if (pause) connection.pause()
        if (++served === streams) resolve()
      })
    }
  })
  return { served }
}

export const leave = (): Promise<Held> => {
  for (const connection of held) connection.close()
  held = []
  return Promise.resolve({ served: 0 })
}
