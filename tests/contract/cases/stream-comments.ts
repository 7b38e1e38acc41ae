/** Comments that keep a silent stream's connection open. */
import assert from "node:assert/strict"
import { test } from "node:test"
import OpenAI from "openai"
import { type Ask, asker } from "../ask.ts"
import { chat, type Configured, eventually, fault, type Harness, json } from "../harness.ts"

/** What these cases need configured. */
export const streamCommentEntries = (): Configured => ({
  entries: { "stream-comments": { stream_keep_alive: 0.1 }, "no-stream-comments": {} },
})

const comment = ": keep-alive\n\n"
const data = (value: object) => `data: ${JSON.stringify(value)}\n\n`
const stream = data({ choices: [{ index: 0, delta: { content: "Hello there" } }] }) +
  data({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] }) +
  data({ choices: [], usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 } }) +
  "data: [DONE]\n\n"
/** In four pieces, most of which begin within an event. */
const slow = { status: 200, content_type: "text/event-stream", body: stream, drip_ms: 350 }

export const streamCommentCases = (harness: Harness): void => {
  const ask = asker(harness)
  const asked = async (how: object, more: Partial<Ask> = {}) => {
    const { response, bytes } = await ask({
      id: harness.nextCase(),
      entry: "stream-comments",
      body: chat({ stream: true, stream_options: { include_usage: true } }),
      headers: fault(how),
      ...more,
    })
    return { text: bytes.toString(), record: await harness.recordOf(response) }
  }

  test("comments are only between events, and change and count nothing", async () => {
    const crlf = stream.replaceAll("\n", "\r\n")
    for (const body of [stream, crlf]) {
      const { text, record } = await asked({ ...slow, body })
      const parts = text.split(comment)
      assert.equal(parts.join(""), body)
      for (const [at] of parts.slice(1).entries()) {
        const before = parts.slice(0, at + 1).join("")
        assert.match(before, /^$|\n\r?\n$/, `a comment behind ${JSON.stringify(before.slice(-20))}`)
      }
      assert.deepEqual(
        ["ending", "tokens_in", "tokens_out", "response_bytes", "error"].map((name) => record[name]),
        ["complete", 10, 5, body.length, null],
      )
    }
  })

  test("comments are sent while the first event is awaited, until the client leaves", async () => {
    const id = harness.nextCase()
    const leaving = new AbortController()
    const response = await fetch(`${harness.entry("stream-comments")}/baseten/v1/chat/completions`, {
      method: "POST",
      headers: { ...json, "x-simulator-case": id, ...fault({ stall_after: 0 }) },
      body: chat({ stream: true }),
      signal: leaving.signal,
    })
    let text = ""
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    while (text.length < 3 * comment.length) text += (await reader?.read())?.value ?? assert.fail("no end")
    assert.equal(text.replaceAll(comment, ""), "")
    leaving.abort()
    const record = await harness.recordOf(response)
    assert.deepEqual(
      [record["ending"], record["response_bytes"], record["time_to_first_byte_ms"]],
      ["client_left", 0, null],
    )
    await eventually(
      "Baseten's request is aborted",
      () => harness.simulator.requests(id)[0]?.outcome === "client_closed",
    )
  })

  test("OpenAI's SDK reads a slow stream as without comments", async () => {
    const client = new OpenAI({ apiKey: "sk-own", baseURL: `${harness.entry("stream-comments")}/baseten/v1` })
    const chunks = await client.chat.completions.create(
      { model: "m", messages: [{ role: "user", content: "hi" }], stream: true },
      { headers: { "x-simulator-case": harness.nextCase(), ...fault(slow) } },
    )
    let text = ""
    for await (const chunk of chunks) text += chunk.choices[0]?.delta.content ?? ""
    assert.equal(text, "Hello there")
  })

  test("there are no comments in JSON, or without the setting", async () => {
    const body = JSON.stringify({ choices: [], text: "x".repeat(40) })
    const json = await asked({ status: 200, content_type: "application/json", body, drip_ms: 150 })
    assert.equal(json.text, body)
    const { text } = await asked({ ...slow, drip_ms: 150 }, { entry: "no-stream-comments" })
    assert.equal(text, stream)
  })
}
