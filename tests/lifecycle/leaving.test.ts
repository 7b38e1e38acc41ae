/** Clients that leave, and a gateway that stops, in each phase of a call. */
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Layer from "effect/Layer"
import { createGateway, type Gateway, type RequestRecord, Telemetry, Transport } from "../../mod.ts"

/** A body that brings these chunks, and then nothing more. */
const unended = (...chunks: Array<string>): ReadableStream =>
  new ReadableStream({
    pull: (controller) => {
      const chunk = chunks.shift()
      if (chunk === undefined) return new Promise<void>(() => {})
      controller.enqueue(new TextEncoder().encode(chunk))
    },
  }, { highWaterMark: 0 })

const json = { "content-type": "application/json" }
const element = (id: string, outputs: object) => ({
  id,
  type: "model",
  properties: { provider: "baseten", model: id },
  outputs,
})
const next = (elementId: string) => ({ elementId })
const route = {
  elements: [
    { id: "start", type: "start", outputs: { next: next("first") } },
    element("first", { success: next("end"), fallback: next("second") }),
    element("second", { success: next("end") }),
    { id: "end", type: "end" },
  ],
}

interface Phase {
  readonly path?: string
  readonly body?: object
  readonly settings?: object
  /** What Baseten answers to the n-th call; `undefined` if nothing comes. */
  readonly answer: (call: number) => Response | undefined
  /** How often Baseten has been called by then. */
  readonly calls?: number
}

const phases: Record<string, Phase> = {
  "before the headers of the answer": { answer: () => undefined },
  "before the first byte of a short answer": {
    answer: () => new Response(unended(), { headers: { ...json, "content-length": "100" } }),
  },
  "while a refusal of stream_options is read": {
    body: { stream: true },
    answer: () => new Response(unended('{"e'), { status: 400, headers: json }),
  },
  "while a failed answer is searched for its retry_after": {
    settings: { retry_max_attempts: 2, retry_delay: 5000 },
    answer: () => new Response(unended("{"), { status: 503, headers: json }),
  },
  "while a list of models is read": {
    path: "/compat/models",
    answer: () => new Response(unended("{"), { headers: json }),
  },
  "in a call that others may share": { settings: { cache_ttl: 60 }, answer: () => undefined },
  "at the second model of a dynamic route": {
    path: "/compat/chat/completions",
    body: { model: "dynamic/r" },
    settings: { routes: { r: route } },
    answer: (call) => call === 1 ? new Response("x", { status: 500 }) : undefined,
    calls: 2,
  },
}

const budget = {
  id: "b",
  limit: 0.000001,
  limitType: "cost",
  window: 86_400,
  technique: "fixed",
  enabled: true,
}

/** Makes a call, and does something once Baseten has been called and nothing more comes. */
const midway = async (
  { path = "/baseten/v1/chat/completions", body, settings, answer, calls = 1 }: Phase,
  act: (gateway: Gateway, client: AbortController) => void,
) => {
  const records: Array<RequestRecord> = []
  const signals: Array<AbortSignal> = []
  let reached = (): void => {}
  const isThere = new Promise<void>((resolve) => reached = resolve)
  const gateway = createGateway({
    env: {
      LOG_LEVEL: "none",
      BASEGATE_CONFIG: JSON.stringify({
        gateways: { "a/g": { ...settings, spend_limits: { enabled: true, rules: [budget] } } },
      }),
    },
    transport: Layer.succeed(Transport, {
      decodes: new Set<string>(),
      send: (_, abort) => {
        signals.push(abort.signal())
        if (signals.length === calls) setTimeout(reached, 10)
        return Promise.resolve(answer(signals.length) ?? new Promise<never>(() => {}))
      },
    }),
    layer: Telemetry.layerSink((record) => records.push(record)),
  })
  const client = new AbortController()
  const chat = { model: "openai/gpt-oss-120b", messages: [], ...body }
  const ask = (signal: AbortSignal) =>
    gateway.fetch(
      new Request(`https://gate.example/v1/a/g${path}`, {
        headers: { authorization: "Bearer key-of-caller", ...json },
        signal,
        ...(path.endsWith("models") ? {} : { method: "POST", body: JSON.stringify(chat) }),
      }),
    )
  const answered = ask(client.signal)
  await isThere
  act(gateway, client)
  const response = await answered
  await gateway.idle()
  return { gateway, ask, response, records, signals }
}

for (const [name, phase] of Object.entries(phases)) {
  test(`a client that leaves ${name} ends Baseten's request, and its budget is free again`, async () => {
    const { gateway, ask, response, records, signals } = await midway(phase, (_, client) => client.abort())
    assert.equal(response.status, 499)
    assert.ok(signals.at(-1)?.aborted)
    assert.deepEqual(records.map(({ ending }) => ending), ["client_left"])
    const another = new AbortController()
    const before = signals.length
    let isAnswered = false
    const second = ask(another.signal).finally(() => isAnswered = true)
    while (signals.length === before && !isAnswered) await new Promise((resolve) => setTimeout(resolve, 5))
    another.abort()
    await second
    assert.ok(signals.length > before, "the budget admits another call")
    await gateway.dispose()
  })

  test(`a gateway that stops ${name} ends Baseten's request as well`, async () => {
    const { response, records, signals } = await midway(phase, (gateway) => void gateway.dispose())
    assert.equal(response.status, 503)
    assert.ok(signals.at(-1)?.aborted)
    assert.deepEqual(records.map(({ ending }) => ending), ["draining"])
  })
}

test("the record of a dynamic route names what its client asked for if that client has left", async () => {
  const phase = phases["at the second model of a dynamic route"] as Phase
  const { gateway, records } = await midway(phase, (_, client) => client.abort())
  assert.equal(records[0]?.model, "r")
  await gateway.dispose()
})
