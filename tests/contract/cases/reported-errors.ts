/** Errors that an answer of status 200 reports: the client gets them unchanged, and they are logged. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { asker } from "../ask.ts"
import { type Configured, fault, type Harness } from "../harness.ts"

/** What these cases need configured. */
export const reportedErrorEntries = (): Configured => ({
  entries: {
    "reported-errors": { prices: { m: { input: 1, output: 1 }, abcd1234: { input: 1, output: 1 } } },
  },
})

const data = (value: object) => `data: ${JSON.stringify(value)}\n\n`
const chunk = data({
  choices: [{ delta: { content: "par" } }],
  usage: { prompt_tokens: 9, completion_tokens: 1 },
})
const error = { message: "queue full", type: "overloaded" }
const choices = [{ index: 0, delta: {}, finish_reason: "error" }]
const done = "data: [DONE]\n\n"
const dedicated = "model/abcd1234/environments/production/sync"

interface Told {
  readonly path: string
  readonly body: string
  readonly error: string
  /** `complete` unless given. */
  readonly ending?: string
}

const told: Readonly<Record<string, Told>> = {
  "an error event before the end": {
    path: "v1/chat/completions",
    body: chunk + data({ error }) + done,
    error: "overloaded: queue full",
  },
  "an error event with spaces": {
    path: "v1/chat/completions",
    body: `${chunk}data: { "id" : 1 , "error" : { "message" : "queue full" } }\n\n${done}`,
    error: "queue full",
  },
  "an error beside a choice": {
    path: "v1/chat/completions",
    body: chunk + data({ choices, error }) + done,
    error: "overloaded: queue full",
  },
  "a choice that ended by an error": {
    path: `${dedicated}/v1/chat/completions`,
    body: chunk + data({ choices }) + done,
    error: "finish_reason: error",
  },
  "an object that is an error": {
    path: "v1/completions",
    body: data({ object: "error", message: "boom", code: 500 }) + done,
    error: "500: boom",
  },
  "a failed response": {
    path: "v1/responses",
    body: data({
      response: { id: "r", status: "failed", error: { code: "x", message: "boom" } },
      type: "response.failed",
    }),
    error: "x: boom",
  },
  "a message's error, and then its end": {
    path: "v1/messages",
    body: `event: error\n${data({ type: "error", error })}event: message_stop\n${
      data({ type: "message_stop" })
    }`,
    error: "overloaded: queue full",
  },
  "an error without an end": {
    path: `${dedicated}/v1/messages`,
    body: `event: error\n${data({ error, type: "error" })}`,
    error: "overloaded: queue full",
    ending: "upstream_cut",
  },
  "JSON that is an error": {
    path: "v1/chat/completions",
    body: JSON.stringify({ error }),
    error: "overloaded: queue full",
  },
  "JSON whose error comes last": {
    path: `${dedicated}/v1/chat/completions`,
    body: JSON.stringify({
      id: "c",
      choices: [],
      usage: { prompt_tokens: 5, completion_tokens: 5 },
      error: "boom",
    }),
    error: "boom",
  },
  "JSON whose error comes before more than is held": {
    path: "v1/messages",
    body: JSON.stringify({ type: "error", error, content: "x".repeat(6000) }),
    error: "overloaded: queue full",
  },
  "a response that failed": {
    path: "v1/responses",
    body: JSON.stringify({ object: "response", status: "failed", error: null }),
    error: "failed",
  },
  "embeddings that are an error": {
    path: "v1/embeddings",
    body: JSON.stringify({ object: "error", message: "boom" }),
    error: "boom",
  },
  "an error of a model's own code": {
    path: "model/abcd1234",
    body: JSON.stringify({ error: "boom" }),
    error: "boom",
  },
}

const sound: Readonly<Record<string, readonly [path: string, body: string]>> = {
  "a null": ["v1/chat/completions", data({ choices: [], error: null }) + done],
  "what a model wrote": [
    "v1/chat/completions",
    data({ choices: [{ delta: { content: '{"error":{"message":"x"}}\nevent: error' } }] }) + done,
  ],
  "a measure": ["model/abcd1234", JSON.stringify({ error: 0.25 })],
  "a whole message": [
    "v1/messages",
    JSON.stringify({ type: "message", content: [{ type: "text", text: '"error":1' }] }),
  ],
}

export const reportedErrorCases = (harness: Harness): void => {
  const ask = asker(harness)
  const asked = async (path: string, body: string) => {
    const isStream = /^(data|event)/.test(body)
    const content_type = isStream ? "text/event-stream" : "application/json"
    const { response, bytes } = await ask({
      id: harness.nextCase(),
      entry: "reported-errors",
      path: `baseten/${path}`,
      body: JSON.stringify({ model: "m", stream: isStream, stream_options: { include_usage: true } }),
      headers: fault({ status: 200, content_type, body }),
    })
    return { response, text: bytes.toString(), record: await harness.recordOf(response) }
  }

  for (const [name, { path, body, error, ending = "complete" }] of Object.entries(told)) {
    test(`an error in an answer is relayed unchanged, free, and no success: ${name}`, async () => {
      const { response, text, record } = await asked(path, body)
      assert.deepEqual([response.status, text], [200, body])
      assert.deepEqual(
        [record["status"], record["ending"], record["error"], record["error_code"], record["cost"]],
        [200, ending, error, null, 0],
      )
    })
  }

  for (const [name, [path, body]] of Object.entries(sound)) {
    test(`not taken for an error: ${name}`, async () => {
      const { text, record } = await asked(path, body)
      assert.deepEqual([text, record["ending"], record["error"]], [body, "complete", null])
    })
  }
}
