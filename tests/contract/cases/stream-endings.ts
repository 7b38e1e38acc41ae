/** How answers end, and that a cut is never passed off as an end. */
import assert from "node:assert/strict"
import { test } from "node:test"
import Anthropic from "@anthropic-ai/sdk"
import OpenAI from "openai"
import { chat, eventually, fault, type Harness, json } from "../harness.ts"

/** Every way in which Baseten's stream can lack its end. */
const cuts = [
  { cut_after: 0 },
  { cut_after: 3 },
  { cut_after: 2, cut_mid_event: true },
  { cut_after: 3, reset: true },
  { cut_after: 2, crlf: true },
  { cut_after: 2, lone_cr: true, cut_mid_event: true },
  { no_done: true },
  { no_done: true, crlf: true },
]

export const endingCases = (harness: Harness): void => {
  const openai = () => new OpenAI({ apiKey: "sk-own", baseURL: `${harness.base}/baseten`, maxRetries: 0 })
  const anthropic = () =>
    new Anthropic({ apiKey: "sk-own", baseURL: `${harness.base}/baseten`, maxRetries: 0 })
  const drain = async (stream: AsyncIterable<unknown>) => {
    for await (const _ of stream);
  }
  const endingOf = async (response: Response) => (await harness.recordOf(response))["ending"]

  for (const how of cuts) {
    test(`a chat stream that ends early (${JSON.stringify(how)}) throws in the OpenAI SDK`, async () => {
      const { data, response } = await openai().chat.completions.create({
        model: "openai/gpt-oss-120b",
        stream: true,
        messages: [{ role: "user", content: "hi" }],
      }, { headers: fault(how) }).withResponse()
      await assert.rejects(drain(data))
      assert.equal(await endingOf(response), "upstream_cut")
    })
  }

  for (const how of [{ cut_after: 4 }, { no_done: true }, { cut_after: 2, cut_mid_event: true }]) {
    test(`a responses stream that ends early (${JSON.stringify(how)}) throws in the OpenAI SDK`, async () => {
      const { data, response } = await openai().responses.create(
        { model: "openai/gpt-oss-120b", stream: true, input: "hi" },
        { headers: fault(how) },
      ).withResponse()
      await assert.rejects(drain(data))
      assert.equal(await endingOf(response), "upstream_cut")
    })

    test(`a messages stream that ends early (${JSON.stringify(how)}) throws in the Anthropic SDK`, async () => {
      const { data, response } = await anthropic().messages.create({
        model: "zai-org/GLM-5.3",
        max_tokens: 100,
        stream: true,
        messages: [{ role: "user", content: "hi" }],
      }, { headers: fault(how) }).withResponse()
      await assert.rejects(drain(data))
      assert.equal(await endingOf(response), "upstream_cut")
    })
  }

  test("a responses stream that is cut ends with an error of the next sequence number, and a failed response", async () => {
    const response = await fetch(`${harness.base}/baseten/v1/responses`, {
      method: "POST",
      headers: { ...json, ...fault({ cut_after: 4, drip_ms: 10 }) },
      body: JSON.stringify({ model: "openai/gpt-oss-120b", stream: true, input: "hi" }),
    })
    const events = (await response.text()).split("\n").filter((line) => line.startsWith("data: "))
      .map((line) => JSON.parse(line.slice(6)) as Record<string, unknown>)
    // A connection that breaks may take with it what came last, and on Bun all that was not read yet: events come apart.
    assert.ok(events.length > 2 && events.length <= 6, `${events.length} events`)
    assert.deepEqual(events.map((event) => event["sequence_number"]), [...events.keys()])
    assert.deepEqual(events.slice(-2).map(({ type }) => type), ["error", "response.failed"])
    const { id, status, error } = events.at(-1)?.["response"] as Record<string, Record<string, unknown>>
    assert.equal(id, (events[0]?.["response"] as Record<string, unknown>)["id"])
    assert.deepEqual([status, error?.["code"]], ["failed", "server_error"])
  })

  test("a stream of declared length without its end gets an error event, and the connection stays usable", async () => {
    const how = { status: 200, content_type: "text/event-stream", body: 'data: {"choices":[]}\n\n' }
    const response = await fetch(`${harness.base}/baseten/v1/chat/completions`, {
      method: "POST",
      headers: { ...json, ...fault(how) },
      body: chat({ stream: true }),
    })
    assert.match(
      await response.text(),
      /^data: \{"choices":\[\]\}\n\ndata: \{"error":.*"code":"upstream_cut"/,
    )
    assert.equal(await endingOf(response), "upstream_cut")
    assert.equal((await fetch(`${harness.gateway.url}/livez`)).status, 200)
  })

  test("a compressed stream is relayed unchanged, without an event of the gateway", async () => {
    const response = await fetch(`${harness.base}/baseten/v1/chat/completions`, {
      method: "POST",
      headers: { ...json, ...fault({ gzip: true }) },
      body: chat({ stream: true }),
    })
    assert.match(await response.text(), /data: \[DONE\]\n\n$/)
    assert.equal(await endingOf(response), "complete")
  })

  test("an error event without an error does not count as reported by Baseten", async () => {
    const how = {
      status: 200,
      content_type: "text/event-stream",
      body: 'data: {"error":null,"choices":[]}\n\n',
    }
    const response = await fetch(`${harness.base}/baseten/v1/chat/completions`, {
      method: "POST",
      headers: { ...json, ...fault(how) },
      body: chat({ stream: true }),
    })
    assert.match(await response.text(), /"code":"upstream_cut"/)
  })

  test("an error that Baseten reports within a stream is not followed by another", async () => {
    const response = await fetch(`${harness.base}/baseten/v1/chat/completions`, {
      method: "POST",
      headers: { ...json, ...fault({ error_event: true }) },
      body: chat({ stream: true }),
    })
    const text = await response.text()
    assert.equal(text.match(/"error"/g)?.length, 1)
    assert.match(text, /The model stopped unexpectedly/)
    assert.equal(await endingOf(response), "upstream_cut")
  })

  test("the end mark is the end, whatever Baseten's connection does after it", async () => {
    const response = await fetch(`${harness.base}/baseten/v1/chat/completions`, {
      method: "POST",
      headers: { ...json, ...fault({ after_done_ms: 200 }) },
      body: chat({ stream: true }),
    })
    assert.match(await response.text(), /data: \[DONE\]\n\n$/)
    assert.equal(await endingOf(response), "complete")
  })

  const unframed: ReadonlyArray<readonly [string, string, object]> = [
    ["a raw text stream", "baseten/model/text1234", { cut_after: 2 }],
    ["a raw text stream, reset", "baseten/model/text1234", { cut_after: 2, reset: true }],
    ["a whole JSON answer", "baseten/v1/chat/completions", { short_content_length: true }],
    ["an answer of known length", "baseten/model/bin12345", { cut_after: 2 }],
  ]
  for (const [what, path, how] of unframed) {
    test(`${what} that is cut is aborted, not closed`, async () => {
      const event = harness.nextCase()
      const call = async () => {
        const response = await fetch(`${harness.base}/${path}`, {
          method: "POST",
          headers: { ...json, ...fault(how), "cf-aig-event-id": event },
          body: chat({ prompt: "hi" }),
        })
        // A reset may overtake the headers on their way to the gateway, which then has none to hand on.
        if (response.status === 502) throw new Error("no answer")
        return response.arrayBuffer()
      }
      // A cut that follows the headers at once may reach the client before they do: it fails either way.
      await assert.rejects(call())
      const ending = () => harness.gateway.records().find(({ event_id }) => event_id === event)?.["ending"]
      await eventually("the record says so", () => ending() === "upstream_cut")
    })
  }
}
