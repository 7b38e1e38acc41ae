/** Streams that end at each of their bytes, in every way that a connection has: none that is cut passes for whole. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { spawnGateway } from "../../support/spawn-gateway.ts"
import { fault, type Harness, json } from "../harness.ts"

interface Cut {
  readonly path: string
  readonly body: string
  /** How many bytes at its end may be missing without loss. */
  readonly spare: number
}

const data = (value: object) => `data: ${JSON.stringify(value)}\n\n`
const named = (type: string, members: object) => `event: ${type}\n${data({ type, ...members })}`
const unnamed = (type: string, members: object) => data({ ...members, type })
const message = (event: typeof named) =>
  event("message_start", { message: { id: "m" } }) + event("message_stop", {})
const response = (event: typeof named) =>
  event("response.created", { response: { id: "r" } }) +
  event("response.completed", { response: { id: "r" } })
const done = "data: [DONE]\n\n"

/** Short, since each of their bytes is a call, in each of the ways to end. */
const streams: Readonly<Record<string, Cut>> = {
  "chats": { path: "v1/chat/completions", body: data({ choices: [{ delta: {} }] }) + done, spare: 2 },
  "legacy completions of a dedicated model": {
    path: "model/abcd1234/environments/production/sync/v1/completions",
    body: data({ choices: [] }).replaceAll("\n", "\r\n") + done,
    spare: 2,
  },
  "messages": { path: "v1/messages", body: message(named), spare: 0 },
  "messages without names": { path: "v1/messages", body: message(unnamed), spare: 0 },
  "responses": { path: "v1/responses", body: response(named), spare: 0 },
  "responses without names": {
    path: "v1/responses",
    body: response(unnamed).replaceAll("\n", "\r\n"),
    spare: 1,
  },
}

/** At how many bytes each way to end is tried: at all where the connection says that nothing is missing, else at some. */
const steps = { chunks: 1, close: 1, reset: 7, short: 7 }

/** What the records of as many calls are found by: each has a gateway of its own, so that they slow no other case down. */
const endingsOf = (records: ReadonlyArray<Record<string, unknown>>): ReadonlyMap<unknown, unknown> =>
  new Map(records.map((record) => [record["event_id"], record["ending"]]))

/** Does a thing for each of many, a few at a time. */
const forEach = async <One>(all: ReadonlyArray<One>, act: (one: One) => Promise<void>): Promise<void> => {
  const rest = [...all]
  const work = async (): Promise<void> => {
    for (let one = rest.pop(); one !== undefined; one = rest.pop()) await act(one)
  }
  await Promise.all(Array.from({ length: 16 }, work))
}

export const cutMatrixCases = (harness: Harness): void => {
  test("a stream cut at any byte, in any way, is recorded and reported as cut", async () => {
    const gateway = await spawnGateway(harness.runtime, harness.simulator.env)
    const cuts = Object.entries(streams).flatMap(([name, { path, body, spare }]) =>
      Object.entries(steps).flatMap(([ends, step]) =>
        Array.from({ length: Math.floor(body.length / step) + 1 }, (_, index) => body.length - index * step)
          .map((at) => ({
            id: `${name} ${ends} ${at}`,
            path,
            how: { status: 200, content_type: "text/event-stream", body: body.slice(0, at), ends },
            isCut: at < body.length - spare,
          }))
      )
    )
    const told = new Map<string, string>()
    try {
      await forEach(cuts, async ({ id, path, how }) => {
        const headers = { ...json, ...fault(how), "cf-aig-event-id": id }
        const answer = await fetch(`${gateway.url}/v1/account/gateway/baseten/${path}`, {
          method: "POST",
          headers,
          body: '{"model":"m","stream":true}',
        })
        told.set(id, await answer.text())
      })
      for (let waits = 0; waits < 200 && endingsOf(gateway.records()).size < cuts.length; waits++) {
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      const endings = endingsOf(gateway.records())
      const wrong = cuts.filter(({ id, isCut, how }) => {
        const text = told.get(id) ?? ""
        const saysSo = /"code":"upstream_cut"|"type":"api_error"|"code":2005/.test(text)
        if (isCut) return endings.get(id) !== "upstream_cut" || !saysSo
        // A connection that breaks may take its last bytes with it.
        if (how.ends === "reset" || how.ends === "short") return false
        return endings.get(id) !== "complete" || text !== how.body
      })
      assert.deepEqual(wrong.map(({ id }) => `${id}: ${endings.get(id)} ${told.get(id)?.slice(-300)}`), [])
    } finally {
      await gateway.stop()
    }
  })
}
