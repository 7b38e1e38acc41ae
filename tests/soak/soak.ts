/**
 * Mixed traffic with faults for a while, and what is left of it after: memory, descriptors, calls upstream, records.
 *
 * @module
 */
import { openDescriptors, residentMebibytes } from "../bench/process-use.ts"
import { randomOf } from "../fuzz/random.ts"
import { type Simulator, startSimulator } from "../simulator/server.ts"
import { type Runtime, type SpawnedGateway, spawnGateway } from "../support/spawn-gateway.ts"
import { holdSockets } from "./held-sockets.ts"
import { kinds } from "./traffic.ts"

/** What a soak came to. */
export interface Soaked {
  readonly calls: number
  readonly seconds: number
  /** In MiB, when warm and after all. */
  readonly memory: readonly [warm: number, after: number]
  readonly descriptors: readonly [warm: number, after: number]
  /** What each WebSocket took of memory while all of them were open, in KiB. */
  readonly socket: number
  /** What does not hold. */
  readonly problems: ReadonlyArray<string>
}

const names = Object.keys(kinds)
/** How many callers there are at a time. */
const callers = 24
/** What the runtimes keep for later: pools, compiled code, arenas of the allocator. In MiB. */
const spare = 96
/** What a socket may take while it is open, in KiB, arenas that grow by it included. */
const mostOfSocket = 512

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds))

/** Waits until a value stays as it should be, for as long as a busy machine may need; gives the last one. */
const settled = async (value: () => number, most: number, milliseconds: number): Promise<number> => {
  for (const end = performance.now() + milliseconds; performance.now() < end && value() > most;) {
    await pause(100)
  }
  return value()
}

const headersOf = (number: number, kind: string): Readonly<Record<string, string>> => ({
  authorization: "Bearer sk-own",
  "cf-aig-metadata": JSON.stringify({ soak: number, kind }),
})

/** Calls by many callers until it is time; each kind at least once. */
const drive = async (base: string, from: number, seed: number, until: number): Promise<number> => {
  const random = randomOf(seed)
  let next = from
  const calls = async (): Promise<void> => {
    while (performance.now() < until || next - from < names.length) {
      const number = next++
      const name = names[number - from] ?? random.pick(names)
      const headers = { ...headersOf(number, name), "content-type": "application/json" }
      await kinds[name]?.(base, headers, random).catch(() => {})
    }
  }
  await Promise.all(Array.from({ length: callers }, calls))
  return next
}

/** How many records each call has; those of the last calls may still come. */
const recordsOf = (gateway: SpawnedGateway): ReadonlyMap<number, number> => {
  const counts = new Map<number, number>()
  for (const { metadata } of gateway.records()) {
    const number = (metadata as { readonly soak?: unknown } | undefined)?.soak
    if (typeof number === "number") counts.set(number, (counts.get(number) ?? 0) + 1)
  }
  return counts
}

const soaked = async (
  simulator: Simulator,
  gateway: SpawnedGateway,
  { seconds, seed, sockets }: SoakOptions,
): Promise<Soaked> => {
  const base = `${gateway.url}/v1/account/gateway`
  const began = performance.now()
  const { open } = simulator
  const idle = async () => {
    const calls = await settled(open, 0, 20_000)
    return { calls, memory: residentMebibytes(gateway.pid), descriptors: openDescriptors(gateway.pid) }
  }
  const first = await drive(base, 0, seed, began + seconds * 300)
  const warm = await idle()
  const driven = await drive(base, first, seed + 1, began + seconds * 1000)
  const calls = driven + sockets
  const before = await idle()
  const held = await holdSockets(base, sockets, (index) => headersOf(driven + index, "a socket"))
  await held.talk()
  const socket = (residentMebibytes(gateway.pid) - before.memory) / sockets * 1024
  await held.end()
  const after = await idle()
  // Connections to Baseten and to callers that are kept for the next call are closed within seconds.
  const descriptors = await settled(() => openDescriptors(gateway.pid), warm.descriptors, 20_000)
  await settled(() => calls - recordsOf(gateway).size, 0, 10_000)
  const records = recordsOf(gateway)
  const wrong = Array.from({ length: calls }, (_, number) => number).filter((number) =>
    records.get(number) !== 1
  )
  const problems = [
    after.calls > 0 && `${after.calls} calls upstream have not ended`,
    after.memory > warm.memory + spare &&
    `memory went from ${warm.memory.toFixed()} to ${after.memory.toFixed()} MiB`,
    descriptors > warm.descriptors + 2 * callers &&
    `descriptors went from ${warm.descriptors} to ${descriptors}`,
    socket > mostOfSocket && `a socket takes ${socket.toFixed()} KiB`,
    wrong.length > 0 &&
    `of ${calls} calls ${wrong.length} have no record, or several, the first is ${wrong[0]}`,
  ].filter((problem) => problem !== false)
  return {
    calls,
    seconds: (performance.now() - began) / 1000,
    memory: [warm.memory, after.memory],
    descriptors: [warm.descriptors, descriptors],
    socket,
    problems,
  }
}

/** How long, and how much. */
export interface SoakOptions {
  readonly seconds: number
  readonly seed: number
  /** How many WebSockets are open at once, after the calls. */
  readonly sockets: number
}

/** Runs a gateway on a runtime, and traffic through it. */
export const soak = async (runtime: Runtime, options: SoakOptions): Promise<Soaked> => {
  const simulator = await startSimulator()
  const gateway = await spawnGateway(runtime, simulator.env)
  try {
    return await soaked(simulator, gateway, options)
  } finally {
    await gateway.stop()
    await simulator.close()
  }
}
