/**
 * What the cases of the contract work with: a gateway on one runtime, in front of a simulator of its own.
 */
import assert from "node:assert/strict"
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { request as httpRequest } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before } from "node:test"
import type { RequestRecord as Reached } from "../simulator/recorder.ts"
import { type Simulator, startSimulator } from "../simulator/server.ts"
import { type Runtime, type SpawnedGateway, spawnGateway } from "../support/spawn-gateway.ts"
import { type Flags, flags } from "./flags.ts"

/** The credential of a client that brings its own key. */
export const key = { authorization: "Bearer sk-own" }
/** The same, with a JSON body. */
export const json = { ...key, "content-type": "application/json" }

/** A chat request; its text has characters of two, three and four bytes. */
export const chat = (members: object = {}): string =>
  JSON.stringify({
    model: "openai/gpt-oss-120b",
    messages: [{ role: "user", content: "Héllo 世界 🌍" }],
    ...members,
  })

/** The header that asks the simulator to misbehave. */
export const fault = (value: object): Record<string, string> => ({
  "x-simulator-fault": JSON.stringify(value),
})

/** Waits until something holds, for as long as a busy machine may need. */
export const eventually = async (what: string, holds: () => boolean, milliseconds = 5000): Promise<void> => {
  for (const end = Date.now() + milliseconds; Date.now() < end;) {
    if (holds()) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  assert.ok(holds(), what)
}

/** What the cases of one subject need configured: entries by gateway id, and the variables that those refer to. */
export interface Configured {
  readonly entries: Readonly<Record<string, object>>
  readonly variables?: Readonly<Record<string, string>>
}

/** What the second gateway has beside what subjects ask for: a stored key, an origin, and an entry of defaults. */
const common: Configured = {
  entries: { plain: {} },
  variables: { BASETEN_API_KEY: "sk-stored", BASEGATE_CORS_ORIGINS: "https://app.example" },
}

const settingsOf = (all: ReadonlyArray<Configured>): string => {
  const entries = all.flatMap(({ entries }) => Object.entries(entries))
  const gateways = Object.fromEntries(entries.map(([id, entry]) => [`account/${id}`, entry]))
  assert.equal(Object.keys(gateways).length, entries.length, "each entry belongs to one subject")
  return JSON.stringify({ gateways }, null, 1)
}

/** A file that is replaced as a whole. */
const openFile = () => {
  const folder = mkdtempSync(join(tmpdir(), "basegate-contract-"))
  const path = join(folder, "basegate.yaml")
  return {
    path,
    write: (text: string): void => {
      writeFileSync(`${path}.new`, text)
      renameSync(`${path}.new`, path)
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** A GET whose Host and Origin are free to choose, as they are for a page of a rebound name. */
export const get = (
  url: string,
  headers: Readonly<Record<string, string | Array<string>>>,
): Promise<{ status: number; text: string }> =>
  new Promise((resolve, reject) => {
    httpRequest(url, { headers }, (answer) => {
      let text = ""
      answer.setEncoding("utf8").on("data", (part: string) => text += part)
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text }))
    }).on("error", reject).end()
  })

/** What a record says of one try. */
export interface Attempt {
  readonly step: number
  readonly attempt: number
  readonly status: number | null
  readonly error: string | null
  readonly waited_ms: number
  readonly circuit: string | null
}

/** Makes the first requests of a case fail, each in its way; those that follow are answered well. */
export const failing = async (
  { simulator }: Harness,
  id: string,
  faults: ReadonlyArray<object>,
): Promise<void> => {
  for (const fault of faults) {
    const order = JSON.stringify({ case: id, fault, times: 1 })
    const { status } = await fetch(`${simulator.url}/_simulator/faults`, { method: "POST", body: order })
    assert.equal(status, 200, order)
  }
}

/** One runtime's gateways and their simulator. */
export interface Harness {
  readonly runtime: Runtime
  readonly flags: Flags
  /** What `RateLimit-Policy` says of who counts together. */
  readonly scope: "local" | "global"
  readonly simulator: Simulator
  /** A gateway without any settings; every id exists. */
  readonly gateway: SpawnedGateway
  /** Its base URL, up to the gateway id. */
  readonly base: string
  /** A gateway with a stored key, an allowed origin and the entries of all subjects. */
  readonly configured: SpawnedGateway
  /** Replaces the text of its settings, if they are in a file; none puts back what it was. */
  readonly writeSettings: (edit?: (text: string) => string) => void
  /** The base URL of one of its entries. */
  readonly entry: (gateway: string) => string
  /** A name for a case, by which the simulator knows its requests. */
  readonly nextCase: () => string
  /** The one request of a case that reached Baseten. */
  readonly reached: (id: string) => Reached
  /** Its headers as they arrived, by lower-case name. */
  readonly headersOf: (id: string) => ReadonlyMap<string, string>
  /** The record that the gateway logged of an answer. */
  readonly recordOf: (response: Response) => Promise<Record<string, unknown>>
  /** Its tries. */
  readonly attemptsOf: (response: Response) => Promise<ReadonlyArray<Attempt>>
}

/** What the gateways share: their counts, or what they keep. */
export interface SharedStore {
  /** What it is called; a shared store unless said. */
  readonly what?: string
  /** The variables that name it, once it runs. */
  readonly open: () => Promise<Readonly<Record<string, string>>>
  readonly close: () => Promise<void>
}

/**
 * Starts everything before the cases of this file and stops it after them.
 *
 * @param shared where counts are kept, if not in the gateways themselves
 */
export const openHarness = (
  runtime: Runtime,
  configured: ReadonlyArray<(simulator: Simulator) => Configured>,
  shared?: SharedStore,
): Harness => {
  let simulator: Simulator
  let gateway: SpawnedGateway
  let second: SpawnedGateway
  let settings = ""
  const file = flags[runtime].followsFile ? openFile() : undefined
  let cases = 0
  before(async () => {
    simulator = await startSimulator()
    const store = await shared?.open() ?? {}
    const all = [common, ...configured.map((of) => of(simulator))]
    settings = settingsOf(all)
    file?.write(settings)
    const variables = Object.assign(
      { ...simulator.env, ...store },
      file === undefined ? { BASEGATE_CONFIG: settings } : { BASEGATE_CONFIG_FILE: file.path },
      ...all.map(({ variables }) => variables),
    ) as Record<string, string>
    await Promise.all([
      spawnGateway(runtime, { ...simulator.env, ...store }).then((started) => gateway = started),
      spawnGateway(runtime, variables).then((started) => second = started),
    ])
  })
  after(async () => {
    await Promise.all([gateway?.stop(), second?.stop()])
    await simulator?.close()
    await shared?.close()
    file?.remove()
  })
  const reached = (id: string): Reached => {
    const requests = simulator.requests(id)
    assert.equal(requests.length, 1, "one request reached Baseten")
    return requests[0] as Reached
  }
  const recordOf = async (response: Response): Promise<Record<string, unknown>> => {
    const id = response.headers.get("cf-aig-request-id") ?? ""
    const find = () => gateway.recordOf(id) ?? second.recordOf(id)
    await eventually("a record is logged", () => find() !== undefined)
    return find() ?? {}
  }
  return {
    runtime,
    flags: flags[runtime],
    scope: shared === undefined ? "local" : "global",
    get simulator() {
      return simulator
    },
    get gateway() {
      return gateway
    },
    get base() {
      return `${gateway.url}/v1/account/gateway`
    },
    get configured() {
      return second
    },
    writeSettings: (edit = (text) => text) => file?.write(edit(settings)),
    entry: (name) => `${second.url}/v1/account/${name}`,
    nextCase: () => `${runtime}-${++cases}`,
    reached,
    headersOf: (id) => new Map(reached(id).raw_headers.map(([name, value]) => [name.toLowerCase(), value])),
    recordOf,
    attemptsOf: async (response) => (await recordOf(response))["attempts"] as ReadonlyArray<Attempt>,
  }
}
