/** What an answer is its first bytes say, whatever its label and its coding are. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { type Ask, asker } from "../ask.ts"
import { chat, type Configured, fault, type Harness } from "../harness.ts"

/** What these cases need configured. */
export const streamLabelEntries = (): Configured => ({ entries: { labels: {} } })

const data = (value: object) => `data: ${JSON.stringify(value)}\n\n`
const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 }
const done = "data: [DONE]\n\n"
const chunk = data({ choices: [{ index: 0, delta: { content: "Hi" }, finish_reason: "stop" }] })
const completion = data({
  object: "text_completion",
  choices: [{ index: 0, text: "Hi", finish_reason: "stop" }],
})
const last = data({ choices: [], usage })

const labels = [
  "text/event-stream",
  "Text/Event-Stream;Charset=UTF-8",
  "text/plain; charset=utf-8",
  "",
  "application/json",
  "application/x-ndjson",
  "application/octet-stream",
]
const codings = ["identity", "none", "utf-8", "Identity"]

export const streamLabelCases = (harness: Harness): void => {
  const ask = asker(harness)
  const streamed = async (how: object, more: Partial<Ask> = {}) => {
    const headers = fault({ status: 200, ends: "chunks", ...how })
    const answered = await ask({
      id: harness.nextCase(),
      entry: "labels",
      body: chat({ stream: true }),
      headers,
      ...more,
    })
    return { ...answered, text: answered.bytes.toString(), record: await harness.recordOf(answered.response) }
  }
  const factsOf = (record: Record<string, unknown>) =>
    ["ending", "tokens_in", "tokens_out", "usage_source", "stream"].map((name) => record[name])
  const whole = ["complete", 10, 5, "exact", true]

  const variants: ReadonlyArray<readonly [string, object]> = [
    ...labels.map((content_type) => [`label "${content_type}"`, { content_type }] as const),
    ...codings.map((coding) =>
      [`coding "${coding}"`, {
        content_type: "text/event-stream",
        headers: { "content-encoding": coding },
      }] as const
    ),
    ...[201, 203].map((status) =>
      [`status ${status}`, { status, content_type: "text/event-stream" }] as const
    ),
    ["a label and a coding that both err", {
      content_type: "text/plain",
      headers: { "content-encoding": "none" },
    }],
  ]
  for (const [name, how] of variants) {
    test(`a stream is metered and observed, without usage that its client did not request: ${name}`, async () => {
      const { text, record } = await streamed({ ...how, body: chunk + last + done })
      assert.deepEqual([text, ...factsOf(record)], [chunk + done, ...whole])
      const cut = await streamed({ ...how, body: chunk })
      assert.equal(cut.record["ending"], "upstream_cut")
      assert.match(cut.text.slice(chunk.length), /^data: \{"error":.*"code":"upstream_cut"/)
      const error = await streamed({ ...how, body: `${data({ error: { message: "boom" } })}${done}` })
      assert.deepEqual([error.record["error"], error.record["cost"]], ["boom", 0])
    })
  }

  test("usage that only the gateway requested is removed, however its event is formatted", async () => {
    const said = JSON.stringify({ choices: [], usage })
    const layouts = [
      `${last.trimEnd()}\nid: 2\nevent: chunk\n\n`,
      `event: chunk\r\n${last.trimEnd()}\r\n: still here\r\n\r\n`,
      `data: ${said.replace(",", ",\ndata: ")}\n\n`,
      `${last.trimEnd()}\ndata:\n\n`,
    ]
    for (const layout of layouts) {
      const content_type = "text/event-stream"
      const { text, record } = await streamed({ content_type, body: chunk + layout + done })
      assert.deepEqual([text, ...factsOf(record)], [chunk + done, ...whole])
    }
  })

  for (const coding of ["gzip", "x-gzip", "GZIP", "deflate", "deflate, gzip"]) {
    test(`a stream in the coding ${coding} is decoded, metered and observed`, async () => {
      const { response, text, record } = await streamed({
        content_type: "text/event-stream",
        body: chunk + last + done,
        coding,
      })
      assert.deepEqual([text, ...factsOf(record)], [chunk + done, ...whole])
      assert.equal(response.headers.get("content-encoding"), null)
      const cut = await streamed({ content_type: "text/event-stream", body: chunk, coding, ends: "close" })
      assert.equal(cut.record["ending"], "upstream_cut")
      assert.match(cut.text, /"code":"upstream_cut"/)
    })
  }

  for (const coding of ["br", "zstd", "gzip, br"]) {
    test(`a stream in the unknown coding ${coding} is refused, unless the runtime decodes it`, async () => {
      const how = coding === "zstd" ? { headers: { "content-encoding": coding } } : { coding }
      const { response, text, record } = await streamed({
        content_type: "text/event-stream",
        body: chunk + last + done,
        ...how,
      })
      if (coding === "br" && harness.flags.decodesBrotli) {
        return assert.deepEqual([text, ...factsOf(record)], [chunk + done, ...whole])
      }
      assert.deepEqual([response.status, record["error"]], [502, "provider_failed"])
      assert.match(text, new RegExp(`content coding .*${coding}`))
    })
  }

  const answer = JSON.stringify({ choices: [{ message: { content: "Hi" }, finish_reason: "stop" }], usage })
  for (const content_type of ["text/event-stream", "application/json", "text/plain", ""]) {
    for (const ends of ["chunks", "close"]) {
      test(`JSON in place of a stream ends as JSON: label "${content_type}", ${ends}`, async () => {
        const { text, record } = await streamed({ content_type, body: answer, ends })
        assert.deepEqual([text, ...factsOf(record).slice(0, 4)], [answer, "complete", 10, 5, "exact"])
        const id = harness.nextCase()
        const cut = streamed({ content_type, body: answer.slice(0, -9), ends }, { id })
        await assert.rejects(cut, "no word of ours is glued to it")
      })
    }
  }

  test("JSON lines are metered, without usage that their client did not request", async () => {
    const lines = '{"choices":[{"delta":{"content":"Hi"}}]}\n'
    const body = `${lines}${JSON.stringify({ choices: [], usage })}\n`
    const { text, record } = await streamed({ content_type: "application/x-ndjson", body })
    assert.deepEqual([text, ...factsOf(record).slice(0, 4)], [lines, "complete", 10, 5, "exact"])
  })

  test("anything else is relayed unchanged, without events of the gateway and without figures", async () => {
    const page = "<html>usage</html>"
    const { text, record } = await streamed({ content_type: "text/html", body: page })
    assert.deepEqual([text, record["ending"], record["tokens_out"]], [page, "complete", null])
  })

  const direct: Partial<Ask> = { path: "baseten/v1/completions", body: '{"model":"m","stream":true}' }
  const dedicated: Partial<Ask> = { ...direct, path: "baseten/model/abcd1234/sync/v1/completions" }
  for (const one of [direct, dedicated]) {
    test(`the usage of a legacy completion's stream is requested, and the stream observed: ${one.path}`, async () => {
      const id = harness.nextCase()
      const how = { content_type: "text/event-stream", body: completion + last + done }
      const { text, record } = await streamed(how, { id, ...one })
      assert.deepEqual([text, ...factsOf(record)], [completion + done, ...whole])
      assert.ok(Number(record["time_to_first_token_ms"]) > 0)
      assert.deepEqual(JSON.parse(harness.reached(id).body_text ?? ""), {
        model: "m",
        stream: true,
        stream_options: { include_usage: true },
      })
      const cut = await streamed({ ...how, body: completion }, one)
      assert.deepEqual([cut.record["ending"], cut.record["usage_source"]], ["upstream_cut", "estimated"])
      assert.match(cut.text, /"code":"upstream_cut"/)
    })
  }
}
