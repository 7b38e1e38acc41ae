/** Servers that refuse to be asked for the usage of a stream, however they say so. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { asker } from "../ask.ts"
import { chat, type Configured, failing, type Harness } from "../harness.ts"

/** What these cases need configured. */
export const usageRefusalEntries = (): Configured => ({
  entries: {
    refused: { retry_max_attempts: 3, retry_delay: 0 },
    "refused-in-silence": { idle_timeout: 300 },
    "refused-late": { total_timeout: 700 },
  },
})

const refusal = {
  status: 400,
  body: { message: "Extra inputs are not permitted", loc: ["body", "stream_options"] },
}
const long = "x".repeat(40_000)

export const usageRefusalCases = (harness: Harness): void => {
  const answer = asker(harness)
  const body = chat({ stream: true })
  /** Fails the first tries so, and tells the status, how each try went, and which of them were asked for the usage. */
  const refused = async (entry: string, ...faults: ReadonlyArray<object>) => {
    const id = harness.nextCase()
    await failing(harness, id, faults)
    const { response, bytes } = await answer({ id, entry, body })
    const attempts = (await harness.attemptsOf(response)).map(({ attempt, status }) => [attempt, status])
    const asked = harness.simulator.requests(id).map((request) => request.body_text !== body)
    return { status: response.status, text: bytes.toString(), attempts, asked }
  }
  const anew = { status: 200, asked: [true, false] }

  const ways: Readonly<Record<string, object>> = {
    "with a length": {},
    "as 422": { status: 422 },
    "in chunks": { content_type: "application/json", split_bytes: 5 },
    "without a length": { until_close: true },
    "piece by piece": { until_close: true, split_bytes: 7 },
    "in gzip": { gzip: true },
    "as text": { body: "unknown field stream_options", content_type: "text/plain" },
    "at great length": { body: { input: long, loc: ["stream_options"] } },
    "and breaks off": { body: { message: "bad" }, cut_after: 2 },
    "and breaks off with a reset": { body: { message: "bad" }, cut_after: 2, reset: true },
  }
  for (const [way, more] of Object.entries(ways)) {
    test(`a server that refuses ${way} gets the client's own bytes`, async () => {
      const { status, text, asked, attempts } = await refused("refused", { ...refusal, ...more })
      assert.deepEqual({ status, asked }, anew)
      assert.match(text, /\[DONE\]\n\n$/)
      assert.deepEqual(attempts, [[1, "status" in more ? 422 : 400], [2, 200]])
    })
  }

  test("a refusal that stalls does not delay the call", async () => {
    for (const entry of ["refused", "refused-in-silence"]) {
      for (const stall of [{ stall_after: 0 }, { stall_after: 2 }, { stall_after: 1, until_close: true }]) {
        const { status, asked, attempts } = await refused(entry, { ...refusal, ...stall })
        assert.deepEqual({ status, asked }, anew, JSON.stringify(stall))
        assert.deepEqual(attempts, [[1, 400], [2, 200]])
      }
    }
  })

  test("the total timeout covers a refusal that stalls", async () => {
    const { status } = await refused("refused-late", { ...refusal, stall_after: 1 })
    assert.equal(status, 504)
  })

  test("an error about something else is relayed, after one try", async () => {
    const error = { message: "max_tokens is too large" }
    for (const more of [{}, { status: 422 }, { until_close: true }, { split_bytes: 3 }]) {
      const once = async () => {
        const began = Date.now()
        const seen = await refused("refused", { status: 400, body: error, ...more })
        return { ...seen, took: Date.now() - began }
      }
      let seen = await once()
      // An error that takes two seconds is asked for anew: so it may be on a machine that stands still.
      for (let tries = 0; tries < 5 && seen.took >= 2000; tries++) seen = await once()
      const { status, text, asked } = seen
      assert.deepEqual([status, asked], ["status" in more ? 422 : 400, [true]], text)
      assert.deepEqual(JSON.parse(text), error)
    }
  })

  test("all tries count, and no more are made than configured", async () => {
    const failure = { status: 503 }
    const { status, attempts, asked } = await refused("refused", failure, failure, refusal, failure)
    assert.deepEqual([status, attempts], [503, [[1, 503], [2, 503], [3, 400], [4, 503]]])
    assert.deepEqual(asked, [true, true, true, false])
  })
}
