/**
 * What `basegate conform` loads: the simulator, and the checks that need nothing beside it.
 *
 * @module
 */
import { type Simulator, startSimulator } from "../simulator/server.ts"
import type { Subject } from "./check.ts"
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
const isReady = async ({ url, account, gateway, key, token }: ConformRun, simulator: Simulator) => {
  const before = simulator.requests().length
  const headers = {
    authorization: `Bearer ${key}`,
    ...(token !== undefined && { "cf-aig-authorization": `Bearer ${token}` }),
  }
  const path = `${url}/v1/${account}/${gateway}/baseten/v1/models`
  const answer = await fetch(path, { headers, signal: AbortSignal.timeout(5000) }).catch(() => undefined)
  await answer?.text().catch(() => "")
  return simulator.requests().length > before
}

/**
 * Starts the simulator, says how a gateway is pointed at it, waits for the gateway, and runs the checks.
 *
 * @returns what was found; `undefined` if no call of the gateway has reached the simulator
 */
export const runConform = async (run: ConformRun): Promise<Findings | undefined> => {
  const simulator = await startSimulator({ port: run.upstreamPort })
  try {
    run.tell(`The simulator of Baseten listens on ${simulator.url}. Point the gateway at it, and start it:\n`)
    for (const [name, value] of Object.entries(simulator.env)) run.tell(`export ${name}='${value}'`)
    run.tell(`\nWaiting for a call of ${run.url} to reach it …`)
    for (const end = Date.now() + run.wait * 1000; !await isReady(run, simulator);) {
      if (Date.now() > end) return undefined
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
    const { url, account, gateway, key, token, adminToken, route } = run
    const upstream = { url: simulator.url, requests: () => simulator.requests() }
    const findings = await conform({ url, account, gateway, key, token, adminToken, route, upstream })
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
