import assert from "node:assert/strict"
import { test } from "node:test"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as TestClock from "effect/testing/TestClock"
import { GatewayAuth } from "../../lib/auth/GatewayAuth.ts"
import { HeaderFields } from "../../lib/headers/header-fields.ts"
import { someGateway } from "../support/some-call.ts"
import { sha256Of } from "../support/token-values.ts"

const end = Date.UTC(2027, 0)
const entry = {
  tokens: [
    { name: "ann", token: "value-of-ann" },
    { name: "bob", token: `sha256:${sha256Of("value-of-bob")}` },
    { name: "late", token: "value-of-late", expires: "2027-01-01" },
  ],
}

const identify = (headers: Readonly<Record<string, string>>, now: number, more: object = {}) =>
  Effect.runPromise(
    Effect.scoped(Effect.gen(function* () {
      yield* TestClock.setTime(now)
      const auth = Context.get(yield* Layer.build(GatewayAuth.layer), GatewayAuth)
      return yield* Effect.promise(async () =>
        await auth.identify(HeaderFields.from(Object.entries(headers)), someGateway({ ...entry, ...more }))
      )
    })).pipe(Effect.provide(TestClock.layer())),
  )

test("a token opens the gateway until the millisecond in which it expires", async () => {
  const headers = { "cf-aig-authorization": "Bearer value-of-late" }
  const before = Result.getOrThrow(await identify(headers, end - 1))
  assert.equal(before.token?.name, "late")
  for (const more of [{}, { authentication: false }]) {
    const after = Result.getOrThrow(Result.flip(await identify(headers, end, more)))
    assert.deepEqual([after.status, after.code], [401, 2009])
    assert.match(after.detail, /has expired/)
    assert.doesNotMatch(after.detail, /late/)
  }
})

test("a token is found in every header, by its text or by its digest, and not sent to providers", async () => {
  for (const [value, name] of [["value-of-ann", "ann"], ["value-of-bob", "bob"]] as const) {
    for (const header of ["cf-aig-authorization", "authorization", "x-api-key", "api-key", "x-auth-key"]) {
      const caller = Result.getOrThrow(await identify({ [header]: value }, 0))
      assert.equal(caller.token?.name, name)
      assert.deepEqual([...caller.tokenHeaders], [header])
    }
    // Before something else it reads as a scheme.
    const odd = await identify({ authorization: `${value} x`, "cf-aig-authorization": "value-of-ann" }, 0)
    assert.ok(Result.getOrThrow(odd).tokenHeaders.has("authorization"))
  }
})

test("neither a digest, nor a name, nor a part of a token opens the gateway", async () => {
  const wrong = [
    `sha256:${sha256Of("value-of-bob")}`,
    sha256Of("value-of-bob"),
    "bob",
    "value-of-bo",
    "value-of-bobx",
    "Value-of-bob",
  ]
  for (const value of wrong) {
    const failure = Result.getOrThrow(Result.flip(await identify({ "cf-aig-authorization": value }, 0)))
    assert.match(failure.detail, /not valid for this gateway/, value)
  }
})
