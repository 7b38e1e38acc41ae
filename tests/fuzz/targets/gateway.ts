/** A whole gateway, in this process: whatever a caller or a provider sends, one answer, one record, no other host. */
import assert from "node:assert/strict"
import { Buffer } from "node:buffer"
import * as Layer from "effect/Layer"
import { createGateway, Telemetry, Transport } from "../../../mod.ts"
import { chunksOf, type Random } from "../random.ts"
import type { Target } from "../target.ts"

const stored = "sk-stored-and-secret"
let records = 0
let hosts: Array<string> = []
let answer: () => Response = () => Response.json({})

const gateway = createGateway({
  env: { LOG_LEVEL: "none", BASETEN_API_KEY: stored, BASEGATE_OPEN: "true" },
  layer: Layer.succeed(Telemetry, { record: () => void records++ }),
  transport: Transport.layerFetch({
    fetch: async (url, init) => {
      // The list of prices is asked for by the gateway itself.
      if (new Headers(init?.headers as HeadersInit).has("x-basegate-hop")) {
        hosts.push(new URL(String(url)).host)
      }
      if (init?.body) await new Response(init.body).arrayBuffer()
      return answer()
    },
  }),
})
const isBaseten = (host: string): boolean =>
  /^(inference|api|(?:model|chain)-[\w-]+\.api)\.baseten\.co$/.test(host)

const send = async (path: string, init: RequestInit): Promise<Response | undefined> => {
  const url = `https://gate.example/v1/a/g/${path}`
  if (!URL.canParse(url)) return undefined
  hosts = []
  const before = records
  const response = await gateway.fetch(new Request(url, init))
  const text = await response.clone().text().catch(() => "")
  await gateway.idle()
  assert.ok(!text.includes(stored), "the stored key is in the answer")
  assert.ok(hosts.every(isBaseten), hosts.join())
  assert.ok(records - before <= 1, `${records - before} records`)
  return response
}
const headers = { authorization: "Bearer sk-own", "content-type": "application/json" }

/** Paths and bodies of callers. */
export const callers: Target = {
  name: "callers",
  corpus: [
    'baseten/v1/chat/completions\n{"model":"openai/gpt-oss-120b","messages":[{"role":"user","content":"x"}],"stream":true}',
    'compat/chat/completions\n{"model":"baseten/openai/gpt-oss-120b","messages":[]}',
    '\n[{"provider":"baseten","endpoint":"v1/chat/completions","headers":{"authorization":"Bearer k"},"query":{"model":"m"}}]',
    'baseten/model/abcd1234/environments/production/predict\n{"a":1}',
    "baseten/chain/abcd1234/production/run_remote\n{}",
    'baseten/model/abcd1234/deployment/dep1/sync/v1/embeddings\n{"input":["x"],"model":"m"}',
    'baseten/v1/messages\n{"model":"m","max_tokens":5,"messages":[],"stream":true}',
  ],
  words: [
    "baseten/",
    "v1/",
    "..",
    "%2e%2e/",
    "%2f",
    "//",
    "@evil.example",
    "model/",
    "https://evil.example/",
    '"model":"custom-x/y"',
    '"stream"',
    '"provider":',
  ],
  check: async (input) => {
    const text = new TextDecoder().decode(input)
    const at = text.indexOf("\n")
    const path = (at < 0 ? text : text.slice(0, at)).replaceAll(/[\r\t #\\]/g, "")
    const body = at < 0 ? "" : text.slice(at + 1)
    answer = () => Response.json({ id: "x", choices: [], usage: { prompt_tokens: 1, completion_tokens: 1 } })
    const response = await send(path, { method: "POST", headers, body })
    // A path with dots may leave the gateway's own.
    if (response !== undefined) assert.ok(response.status < 500, `${response.status} for ${path}`)
  },
}

const streamed = (bytes: Uint8Array, random: Random): Response => {
  const chunks = chunksOf(bytes, random).filter(({ length }) => length > 0)
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      const chunk = chunks.shift()
      if (chunk === undefined) controller.close()
      else controller.enqueue(chunk)
    },
  }, { highWaterMark: 0 })
  return new Response(body, {
    headers: { "content-type": random.pick(["text/event-stream", "application/json", "text/plain"]) },
  })
}

/** Answers of providers, which callers get byte for byte: they asked for usage themselves. */
export const answers: Target = {
  name: "answers",
  corpus: [
    'data: {"id":"c","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]}\n\n' +
    'data: {"id":"c","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}\n\ndata: [DONE]\n\n',
    'event: message_start\ndata: {"type":"message_start","message":{"usage":{"input_tokens":3}}}\n\nevent: message_stop\ndata: {"type":"message_stop"}\n\n',
    '{"id":"c","choices":[{"message":{"content":"é"}}],"usage":{"prompt_tokens":3,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":1}}}',
    'data: {"error":{"message":"overloaded","code":503}}\n\n',
  ],
  words: [
    "data: ",
    "\n\n",
    "[DONE]",
    '"usage":{',
    '"prompt_tokens":-1',
    '"completion_tokens":1e308',
    '"choices":[]',
    '"error":',
    "event: ",
  ],
  check: async (input, random) => {
    const seed = random.below(1 << 30)
    answer = () => streamed(input, random)
    const body = JSON.stringify({
      model: "openai/gpt-oss-120b",
      stream: seed % 2 === 0,
      stream_options: { include_usage: true },
      messages: [],
    })
    const response = await send("baseten/v1/chat/completions", { method: "POST", headers, body })
    const got = Buffer.from(
      await response?.arrayBuffer().catch(() => new ArrayBuffer(0)) ?? new ArrayBuffer(0),
    )
    // A stream that a cut is told of may have more behind it, or an error where nothing could be told.
    const common = Math.min(got.length, input.length)
    assert.deepEqual(got.subarray(0, common), Buffer.from(input).subarray(0, common))
    assert.ok(got.length === 0 || got.length >= input.length, `${got.length} of ${input.length} bytes`)
  },
}
