/** The first stage of a call: its headers and its credential. */
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type { Forwarded, ForwardInput } from "../../lib/auth/forwarded-headers.ts"
import { forwarded } from "../../lib/call/forwarded.ts"
import { type GatewayError, loop } from "../../lib/errors.ts"
import { HeaderFields } from "../../lib/headers/header-fields.ts"
import { scripted, someCall, someExchange } from "../support/some-call.ts"

const run = async (given: Result.Result<Forwarded, GatewayError>, call = someCall()) => {
  const { next, calls } = scripted()
  const inputs: Array<ForwardInput> = []
  const forwarder = {
    forward: (input: ForwardInput) => {
      inputs.push(input)
      return given
    },
  }
  return { result: await forwarded({ forwarder }, next)(call), call, calls, inputs }
}
const headers = HeaderFields.from([["authorization", "Bearer sk"]])

for (
  const [credential, key] of [
    [{ kind: "secret", secret: Redacted.make("sk") }, "caller"],
    [{ kind: "stored", provider: "baseten", alias: "default" }, "stored"],
    [{ kind: "none" }, "none"],
  ] as const
) {
  test(`a call has the forwarder's headers, and its report says whose key it used: ${key}`, async () => {
    const { call, calls } = await run(Result.succeed({ headers, credential }))
    assert.deepEqual(calls, [call])
    assert.equal(call.headers, headers)
    assert.equal(call.credential, credential)
    assert.equal(call.report.key, key)
  })
}

test("the forwarder sees the headers of the target, and those of the request beside them", async () => {
  const exchange = someExchange({ headers: { "x-of": "request" }, host: { loopback: true } })
  const call = someCall({ exchange, change: { headers, acceptsCallerKey: false } })
  const { inputs: [input] } = await run(Result.succeed({ headers, credential: { kind: "none" } }), call)
  assert.equal(input?.headers, headers)
  assert.equal(input.request.get("x-of"), "request")
  const { provider, hostname, loopback, hasToken, acceptsCallerKey, requestId } = input
  assert.deepEqual([provider, hostname, loopback, hasToken, acceptsCallerKey, requestId], [
    "baseten",
    "gate.example",
    true,
    false,
    false,
    exchange.id,
  ])
})

test("without a credential no call is made", async () => {
  const { result, calls } = await run(Result.fail(loop()))
  assert.equal(Result.isFailure(result) && result.failure.reason, "loop")
  assert.deepEqual(calls, [])
})
