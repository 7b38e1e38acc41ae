/** A refusal comes when its client is done sending, also where the beginning of a long body was looked at. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { createGateway, Transport } from "../../mod.ts"

const mebibyte = 1_048_576

/** A chat of so many MiB, and how many parts of it have been asked for. */
const longChat = (size: number) => {
  let pulled = 0
  const filler = new Uint8Array(mebibyte).fill(0x78)
  const parts = [
    new TextEncoder().encode('{"model":"some/model","messages":[{"role":"user","content":"'),
    ...Array.from({ length: size }, () => filler),
    new TextEncoder().encode('"}]}'),
  ]
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      const part = parts[pulled++]
      if (part === undefined) controller.close()
      else controller.enqueue(part)
    },
  }, { highWaterMark: 0 })
  return { body, isWhole: () => pulled > parts.length }
}

test("a long body that is refused by a limit has been read before its client is told", async () => {
  const limits = { rate_limiting_limit: 1, rate_limiting_interval: 3600 }
  const gateway = createGateway({
    env: { BASEGATE_CONFIG: JSON.stringify({ gateways: { "a/g": limits } }), LOG_LEVEL: "none" },
    transport: Transport.layerFetch({ fetch: () => Promise.resolve(Response.json({})) }),
  })
  const call = (body: ReadableStream<Uint8Array> | string) =>
    gateway.fetch(
      new Request(
        "https://app.example/v1/a/g/baseten/v1/chat/completions",
        {
          method: "POST",
          headers: { authorization: "Bearer sk-own", "content-type": "application/json" },
          body,
          duplex: "half",
        } as RequestInit,
      ),
    )
  assert.equal((await call('{"model":"some/model"}')).status, 200)
  const { body, isWhole } = longChat(20)
  const { status } = await call(body)
  await gateway.dispose()
  assert.deepEqual([status, isWhole()], [429, true])
})
