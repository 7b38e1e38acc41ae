/**
 * The load client, a process of its own on Bun: takes a job a line, answers with a line.
 *
 * @module
 */
import process from "node:process"
import { createInterface } from "node:readline"
import { quantile } from "../summary.ts"
import { type Answer, connect, connectAll, type Connection } from "./connection.ts"
import type { Answered, Job, Load, Rate, Times, Turns } from "./jobs.ts"

type Fail = (reason: string) => void

const answered = (times: ReadonlyArray<number>, seconds: number): Answered => ({
  requests: times.length,
  seconds,
  p50: quantile(times, 0.5),
  p99: quantile(times, 0.99),
})

const load = async ({ target, connections, milliseconds }: Load, fail: Fail): Promise<Answered> => {
  const pool = await connectAll(target, connections, fail)
  const times: Array<number> = []
  const start = performance.now()
  await Promise.all(pool.map((connection) =>
    new Promise<void>((resolve) => {
      const next = ({ sent, ended }: Answer): void => {
        times.push(ended - sent)
        if (ended - start < milliseconds) connection.send(next)
        else resolve()
      }
      connection.send(next)
    })
  ))
  const seconds = (performance.now() - start) / 1000
  for (const connection of pool) connection.close()
  return answered(times, seconds)
}

const rate = async ({ target, perSecond, milliseconds }: Rate, fail: Fail): Promise<Answered> => {
  const free: Array<Connection> = [...await connectAll(target, 8, fail)]
  const opened = [...free]
  const total = Math.round(perSecond * milliseconds / 1000)
  const times: Array<number> = []
  let sent = 0
  const start = performance.now()
  await new Promise<void>((resolve) => {
    const send = async (): Promise<void> => {
      let connection = free.pop()
      if (connection === undefined) {
        connection = await connect(target, fail)
        opened.push(connection)
      }
      const used = connection
      used.send(({ sent: at, ended }) => {
        times.push(ended - at)
        free.push(used)
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

const turns = async ({ targets, rounds, atOnce }: Turns, fail: Fail): Promise<ReadonlyArray<Times>> => {
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

const run = (job: Job): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const fail = (reason: string): void => reject(new Error(reason))
    const result = job.kind === "load"
      ? load(job, fail)
      : job.kind === "rate"
      ? rate(job, fail)
      : turns(job, fail)
    result.then(resolve, reject)
  })

for await (const line of createInterface({ input: process.stdin })) {
  const outcome = await run(JSON.parse(line) as Job).then(
    (result) => ({ result }),
    (cause: unknown) => ({ error: String(cause) }),
  )
  process.stdout.write(`${JSON.stringify(outcome)}\n`)
}
