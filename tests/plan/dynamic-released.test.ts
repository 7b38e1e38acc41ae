import assert from "node:assert/strict"
import { test } from "node:test"
import * as Layer from "effect/Layer"
import { createGateway, Transport } from "../../mod.ts"

const to = (elementId: string) => ({ elementId })
const model = (id: string, outputs: object) => ({
  id,
  type: "model",
  properties: { provider: "baseten", model: id },
  outputs,
})
const route = {
  elements: [
    { id: "start", type: "start", outputs: { next: to("first") } },
    model("first", { success: to("end"), fallback: to("second") }),
    model("second", { success: to("end") }),
    { id: "end", type: "end" },
  ],
}

/** A gateway whose first model is overloaded, and what its second does. */
const routed = (cache_ttl: number, second: (signal: AbortSignal) => Promise<Response>) => {
  const signals: Array<AbortSignal> = []
  const gateway = createGateway({
    env: {
      LOG_LEVEL: "none",
      BASEGATE_CONFIG: JSON.stringify({ gateways: { "*": { cache_ttl, routes: { r: route } } } }),
    },
    transport: Layer.succeed(Transport, {
      decodes: new Set<string>(),
      send: (_, abort) => {
        const signal = abort.signal()
        signals.push(signal)
        return signals.length === 1
          ? Promise.resolve(new Response("overloaded", { status: 529 }))
          : second(signal)
      },
    }),
  })
  const call = (signal?: AbortSignal) =>
    gateway.fetch(
      new Request("https://gate.example/v1/a/g/compat/chat/completions", {
        method: "POST",
        headers: { authorization: "Bearer key-of-caller", "content-type": "application/json" },
        body: JSON.stringify({ model: "dynamic/r", messages: [] }),
        ...(signal && { signal }),
      }),
    )
  return { gateway, call, signals }
}

for (const [cached, ttl] of [["cached", 60], ["not cached", 0]] as const) {
  test(`a client that leaves while a route goes on ends the call whose answer was kept in hand, ${cached}`, async () => {
    const client = new AbortController()
    const { gateway, call, signals } = routed(ttl, (signal) => {
      setImmediate(() => client.abort())
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)))
    })
    assert.equal((await call(client.signal)).status, 499)
    await gateway.idle()
    assert.deepEqual(signals.map(({ aborted }) => aborted), [true, true])
    await gateway.dispose()
  })

  test(`so does a defect, ${cached}`, async (context) => {
    context.mock.method(console, "error", () => {})
    const { gateway, call, signals } = routed(ttl, () => {
      throw new Error("a defect")
    })
    assert.equal((await call()).status, 500)
    await gateway.idle()
    assert.equal(signals[0]?.aborted, true)
    await gateway.dispose()
  })
}
