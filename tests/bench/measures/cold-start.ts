/**
 * How long from the start of a process to its first answer.
 *
 * @module
 */
import type { Buffer } from "node:buffer"
import { once } from "node:events"
import { connect, type Socket } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"
import { type Bench, type Measure, subjectsOf } from "../bench.ts"
import { freePort } from "../child.ts"
import { completion } from "../requests.ts"
import { rounds } from "../rounds.ts"
import { rowsOf } from "../rows.ts"
import type { Subject } from "../subjects.ts"
import { difference, summarise } from "../summary.ts"

interface Start {
  /** Milliseconds from the spawn to the first byte of the first answer. */
  readonly answered: number
  /** How many of them passed after the process had begun to listen. */
  readonly request: number
}

const opened = (port: number): Promise<Socket | undefined> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1")
    socket.once("connect", () => resolve(socket)).once("error", () => resolve(undefined))
  })

const startOf = async ({ upstream }: Bench, subject: Subject): Promise<Start> => {
  const port = await freePort()
  const { body, headers, url } = completion({
    url: `http://127.0.0.1:${port}${subject.path}`,
    headers: subject.headers(upstream.url),
  })
  const lines = Object.entries({ host: `127.0.0.1:${port}`, ...headers, "content-length": `${body.length}` })
    .map(([name, value]) => `${name}: ${value}\r\n`)
  const spawned = performance.now()
  const child = subject.spawn(upstream.url, port)
  try {
    let socket = await opened(port)
    while (socket === undefined) {
      if (performance.now() - spawned > 20_000) {
        throw new Error(`${subject.name} did not start: ${child.said()}`)
      }
      await sleep(1)
      socket = await opened(port)
    }
    const listening = performance.now()
    socket.write(`POST ${new URL(url).pathname} HTTP/1.1\r\n${lines.join("")}\r\n${body}`)
    const closed = once(socket, "close").then(() => [`nothing: ${child.said()}`])
    const [bytes] = await Promise.race([once(socket, "data"), closed]) as [Buffer | string]
    const answered = performance.now()
    socket.destroy()
    if (!`${bytes}`.startsWith("HTTP/1.1 200")) {
      throw new Error(`${subject.name} answered ${bytes}`)
    }
    return { answered: answered - spawned, request: answered - listening }
  } finally {
    await child.stop()
  }
}

type Starts = ReadonlyArray<Start>
const wholes = (starts: Starts): ReadonlyArray<number> => starts.map(({ answered }) => answered)

export const coldStart: Measure = {
  name: "cold-start",
  run: async (bench) => {
    const groups = bench.short ? bench.groups : [...bench.groups, ...bench.sourceGroups]
    const subjects = subjectsOf({ ...bench, groups })
    // The first start of all fills the caches of files and of compiled code.
    for (const subject of subjects) await startOf(bench, subject)
    const found = await rounds(subjects, bench.short ? 3 : 11, (subject) => startOf(bench, subject))
    return {
      measure: "cold-start",
      title: "Cold start: from the spawn of a process to the first byte of its first chat completion",
      rows: rowsOf({ ...bench, groups }, "", {
        own: (of) => ({
          "first byte, ms": summarise(wholes(found(of))),
          "of it the request, ms": summarise(found(of).map(({ request }) => request)),
        }),
        relative: (gateway, other) => ({
          [`over ${other.name}, ms`]: difference(wholes(found(gateway)), wholes(found(other))),
        }),
      }),
      doesNotShow:
        "a start with files that are not in memory yet, nor Cloudflare's own isolates, which start without " +
        "a process. A process is asked every millisecond whether it listens.",
    }
  },
}
