/**
 * What `basegate conform` loads: the simulator, and the checks that need nothing beside it.
 *
 * @module
 */
import { type Simulator, startSimulator } from "../simulator/server.ts"
import { chat, type Subject, Wire } from "./check.ts"
import { conform, type Findings, tableOf } from "./conform.ts"

/** What a run is told. */
export interface ConformRun extends Omit<Subject, "upstream"> {
  /** Where the simulator listens. */
  readonly upstreamPort: number
  /** For how many seconds the gateway is waited for. */
  readonly wait: number
  readonly isJson: boolean
  /** Writes a line for people: with JSON not to standard output. */
  readonly tell: (line: string) => void
  readonly say: (line: string) => void
}

/** The gateway is there once a call of it reaches the simulator. */
const isReady = async (wire: Wire, simulator: Simulator) => {
  const before = simulator.requests().length
  const answer = await wire.post("/baseten/v1/chat/completions", chat()).catch(() => undefined)
  await answer?.text().catch(() => "")
  return simulator.requests().length > before
}

/**
 * Starts the simulator, says how a gateway is pointed at it, waits for the gateway, and runs the checks.
 *
 * @returns what was found; `undefined` if no call of the gateway has reached the simulator
 */
export const runConform = async (run: ConformRun): Promise<Findings | undefined> => {
  const simulator = await startSimulator({ port: run.upstreamPort }).catch(
    ({ code, message }: NodeJS.ErrnoException) => {
      throw new Error(
        code === "EADDRINUSE" ? `port ${run.upstreamPort} is taken; --upstream-port takes another` : message,
      )
    },
  )
  const { url, account, gateway, key, token, adminToken, route, providerPath, headers } = run
  const upstream = { url: simulator.url, requests: () => simulator.requests() }
  const subject = { url, account, gateway, key, token, adminToken, route, providerPath, headers, upstream }
  const wire = new Wire(subject)
  try {
    run.tell(`The simulator of Baseten listens on ${simulator.url}. Point the gateway at it, and start it:\n`)
    for (const [name, value] of Object.entries(simulator.env)) run.tell(`export ${name}='${value}'`)
    run.tell(`\nWaiting for a call of ${run.url} to reach it …`)
    for (const end = Date.now() + run.wait * 1000; !await isReady(wire, simulator);) {
      if (Date.now() > end) return undefined
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
    const findings = await conform(subject)
    if (run.isJson) run.say(JSON.stringify(findings, null, 2))
    else {
      run.say("")
      for (const line of tableOf(findings)) run.say(line)
    }
    return findings
  } finally {
    await simulator.close()
  }
}
