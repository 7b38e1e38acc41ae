/** Gateways that share a store tell each other of circuits that have opened. */
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Layer from "effect/Layer"
import { createGateway, Store, Transport } from "../../mod.ts"
import { guaranteesAmong } from "../../lib/store/guarantee.ts"
import { storeInMemory } from "../../lib/store/Store.ts"

const request = () =>
  new Request("https://app.example/v1/a/g/baseten/v1/models", { headers: { authorization: "Bearer sk-own" } })

test("a circuit that opens in one gateway opens in another that shares its store, without any request waiting", async () => {
  const clock = { now: () => performance.now(), wall: () => Date.now() }
  const memory = storeInMemory(clock)
  let answers = (): void => {}
  const slow = new Promise<void>((resolve) => answers = resolve)
  const shared = {
    ...memory,
    guarantees: guaranteesAmong("store"),
    get: async (key: string) => {
      await slow
      return memory.get(key)
    },
    set: (key: string, value: Uint8Array<ArrayBuffer>, ttl: number) =>
      Promise.resolve(memory.set(key, value, ttl)),
  }
  let calls = 0
  const open = (status: number) =>
    createGateway({
      env: {
        BASEGATE_CONFIG: JSON.stringify({ gateways: { "a/g": { circuit_breaker: { minimum_calls: 2 } } } }),
      },
      store: Layer.succeed(Store, shared),
      transport: Transport.layerFetch({
        fetch: () => {
          calls++
          return Promise.resolve(new Response("{}", { status }))
        },
      }),
    })
  const [failing, other] = [open(500), open(500)]
  const statusOf = async (gateway: ReturnType<typeof open>): Promise<number> => {
    const response = await gateway.fetch(request())
    await response.text()
    return response.status
  }
  assert.deepEqual([await statusOf(failing), await statusOf(failing), await statusOf(failing)], [
    500,
    500,
    503,
  ])
  assert.equal(await statusOf(other), 500, "the first call does not wait for what the store says")
  answers()
  await other.idle()
  assert.equal(await statusOf(other), 503)
  assert.equal(calls, 3)
  await Promise.all([failing.dispose(), other.dispose()])
})
