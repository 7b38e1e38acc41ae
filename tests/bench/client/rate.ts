/**
 * So many requests a second, whether or not earlier ones are answered.
 *
 * @module
 */
import { answered } from "./answered.ts"
import { connect, connectAll, type Connection, type Fail } from "./connection.ts"
import type { Answered, Rate } from "./jobs.ts"

export const rate = async ({ target, perSecond, milliseconds }: Rate, fail: Fail): Promise<Answered> => {
  const opened: Array<Connection> = [...await connectAll(target, 8, fail)]
  const free = [...opened]
  const take = async (): Promise<Connection> => {
    const idle = free.pop()
    if (idle !== undefined) return idle
    const connection = await connect(target, fail)
    opened.push(connection)
    return connection
  }
  const total = Math.round(perSecond * milliseconds / 1000)
  const times: Array<number> = []
  let sent = 0
  const start = performance.now()
  await new Promise<void>((resolve) => {
    const send = async (): Promise<void> => {
      const connection = await take()
      connection.send(({ sent: at, ended }) => {
        times.push(ended - at)
        free.push(connection)
        if (times.length === total) resolve()
      })
    }
    const ticking = setInterval(() => {
      const due = Math.min(total, Math.floor((performance.now() - start) / 1000 * perSecond))
      for (; sent < due; sent++) void send()
      if (sent === total) clearInterval(ticking)
    }, 1)
  })
  const seconds = (performance.now() - start) / 1000
  for (const connection of opened) connection.close()
  return answered(times, seconds)
}
