/**
 * What a caller or a provider sends costs time in proportion to its size: four times as much of anything takes less than
 * six times as long, on the real `Headers`, `URL`, JSON and regular expressions of each runtime.
 */
import assert from "node:assert/strict"
import { test } from "node:test"
import { chat, get as rawGet, type Harness, json } from "../harness.ts"

/** Something that is sent `count` times over; answers when all of the answer has come. */
type Send = (count: number) => Promise<unknown>

/** Faster than this is no matter how many times as long, in milliseconds: the machine's own noise takes as much. */
const noise = 50

const timeOf = async (send: Send, count: number): Promise<number> => {
  const start = performance.now()
  await send(count)
  return performance.now() - start
}

/** The shortest of as many times as it takes: what the parsers take, and not what else the machine has to do. */
const assertLinear = async (send: Send, count: number): Promise<void> => {
  let [once, fourTimes] = [Infinity, Infinity]
  const isLinear = () => fourTimes < 6 * Math.max(once, noise)
  await send(count)
  for (let tries = 0; tries < 1 || (tries < 12 && !isLinear()); tries++) {
    once = Math.min(once, await timeOf(send, count))
    fourTimes = Math.min(fourTimes, await timeOf(send, 4 * count))
  }
  assert.ok(
    isLinear(),
    `${count} take ${once.toFixed(1)} ms, and ${4 * count} take ${fourTimes.toFixed(1)} ms`,
  )
}

/** Makes each text once, so that it takes none of the time that is measured. */
const madeOnce = (make: (count: number) => string): (count: number) => string => {
  const made = new Map<number, string>()
  return (count) => {
    const text = made.get(count) ?? make(count)
    made.set(count, text)
    return text
  }
}

const numbered = (count: number, one: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => one(index)).join(",")

/** Bodies with much of one thing in them. */
const bodies: Readonly<Record<string, (count: number) => string>> = {
  "members": (count) => `{"model":"baseten/a/b",${numbered(count, (index) => `"k${index}":1`)}}`,
  "members of a member": (count) =>
    `{"model":"baseten/a/b","x":{${numbered(count, (index) => `"k${index}":1`)}}}`,
  "objects": (count) => `{"model":"baseten/a/b","x":[${numbered(count, () => "{}")}]}`,
  "open brackets": (count) => `{"model":"baseten/a/b","x":${"[".repeat(count)}`,
  "nested brackets": (count) => `{"model":"baseten/a/b","x":${"[".repeat(count)}${"]".repeat(count)}}`,
  "models": (count) => `{${numbered(count, () => '"model":"baseten/a/b"')}}`,
  "quotes": (count) => `{"model":"baseten/a/b","x":"${'\\"'.repeat(4 * count)}"}`,
  "backslashes": (count) => `{"model":"baseten/a/b","x":"${"\\".repeat(8 * count)}"}`,
  "letters of a key": (count) => `{"model":"baseten/a/b","${"k".repeat(8 * count)}":1}`,
  "letters of a model": (count) => `{"model":"baseten/${"m".repeat(8 * count)}"}`,
  "spaces": (count) => `{"model":"baseten/a/b"${" ".repeat(8 * count)}}`,
}

export const parserCostCases = (harness: Harness): void => {
  // Without a key the call is refused once all of it was read: the provider's parsers are not in the time.
  const post = async (path: string, body: string): Promise<Response> => {
    const response = await fetch(`${harness.base}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    })
    await response.arrayBuffer()
    assert.ok(response.status >= 400 && response.status < 500, `${response.status}`)
    return response
  }
  const step = (members: string): string =>
    `[{"provider":"baseten","endpoint":"v1/chat/completions",${members}}]`

  for (const [what, bodyOf] of Object.entries(bodies)) {
    test(`${what} of a chat, of compat's and of a universal step's cost linear time`, async () => {
      const body = madeOnce(bodyOf)
      for (
        const path of ["/baseten/v1/chat/completions", "/baseten/model/abcd1234/sync/v1/chat/completions"]
      ) {
        await assertLinear((count) => post(path, body(count)), 40_000)
      }
      await assertLinear((count) => post("/compat/chat/completions", body(count)), 40_000)
      await assertLinear((count) => post("", step(`"query":${body(count)}`)), 40_000)
    })
  }

  const steps: Readonly<Record<string, (count: number) => string>> = {
    "headers of a step": (count) =>
      step(`"headers":{${numbered(count, (index) => `"x-${index}":"1"`)}},"query":{}`),
    "members of a step": (count) => step(`${numbered(count, (index) => `"k${index}":1`)},"query":{}`),
    "members of a step's config": (count) =>
      step(`"config":{${numbered(count, (index) => `"k${index}":1`)}},"query":{}`),
    "brackets of a step's header": (count) =>
      step(`"headers":{"cf-aig-metadata":${"[".repeat(count)}${"]".repeat(count)}},"query":{}`),
    "steps": (count) => `[${numbered(count, () => "{}")}]`,
    "letters of an endpoint": (count) =>
      `{"provider":"baseten","endpoint":"v1/${"%3".repeat(count)}%35","query":{}}`,
    "slashes of an endpoint": (count) =>
      `{"provider":"custom-x","endpoint":"v1${"/".repeat(count)}chat","query":{}}`,
  }
  for (const [what, bodyOf] of Object.entries(steps)) {
    test(`${what} cost linear time`, async () => {
      const body = madeOnce(bodyOf)
      await assertLinear((count) => post("", body(count)), 20_000)
    })
  }

  const get = async (path: string, headers: Record<string, string> = {}): Promise<void> => {
    const response = await fetch(`${harness.base}${path}`, { headers })
    await response.arrayBuffer()
  }
  test("paths cost linear time", async () => {
    for (const part of ["%3", "/", "%2525", "%25", "..%3b/", "v1/", "%5c"]) {
      await assertLinear((count) => get(`/baseten/v1/${part.repeat(count)}%35/x`), 8_000 / part.length / 4)
    }
  })

  test("headers cost linear time in their number", async () => {
    const many = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`x-${index}`, "1"]))
    await assertLinear((count) => get("/baseten/v1/models", { ...json, ...many(count) }), 200)
    const entries = (count: number) => `{${numbered(count, (index) => `"k${index}":1`)}}`
    await assertLinear((count) => get("/baseten/v1/models", { "cf-aig-metadata": entries(count) }), 250)
    await assertLinear(
      (count) =>
        rawGet(`${harness.base}/baseten/v1/models`, { connection: numbered(count, (index) => `x-${index}`) }),
      250,
    )
  })

  const answer = async (fault: object): Promise<void> => {
    const id = harness.nextCase()
    const order = JSON.stringify({ case: id, fault, times: 1 })
    await fetch(`${harness.simulator.url}/_simulator/faults`, { method: "POST", body: order })
    const response = await fetch(`${harness.base}/baseten/v1/chat/completions`, {
      method: "POST",
      headers: { ...json, "x-simulator-case": id },
      body: chat(),
    })
    await response.arrayBuffer()
  }
  test("answers cost linear time", async () => {
    for (const bodyOf of Object.values(bodies)) {
      await assertLinear(
        (count) => answer({ status: 200, content_type: "application/json", body: bodyOf(count) }),
        10_000,
      )
    }
    const headers = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`x-${index}`, "1"]))
    await assertLinear((count) => answer({ status: 200, body: {}, headers: headers(count) }), 100)
  })
}
