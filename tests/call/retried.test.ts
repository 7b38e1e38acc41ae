/** The tries of a call: how many, how long, and what is noted of each. */
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Result from "effect/Result"
import { retried, type TriedResult } from "../../lib/call/retried.ts"
import type { Attempt, TryResult } from "../../lib/call/send.ts"
import { GatewayError, type Reason } from "../../lib/errors.ts"
import { someCall, someUpstream } from "../support/some-call.ts"
import { virtualTime } from "../support/virtual-time.ts"

const entry = { retry_max_attempts: 5, retry_delay: 100, retry_backoff: "constant" }

const outcomeOf = (outcome: number | Reason): TryResult =>
  typeof outcome === "number"
    ? Result.succeed(someUpstream(outcome, "{}", { location: "https://elsewhere.example" }))
    : Result.fail({ error: new GatewayError({ reason: outcome, detail: outcome }), ending: "upstream_cut" })

const asItIs = (result: TriedResult): TriedResult => result

const run = async (
  script: ReadonlyArray<number | Reason>,
  call = someCall({ entry }),
) => {
  const { clock, startTimer, toEnd } = virtualTime()
  const lefts: Array<number | undefined> = []
  const given: Array<TryResult> = []
  const attempt: Attempt = (_, left, notes) => {
    lefts.push(left)
    notes.circuit = `c${lefts.length}`
    const result = outcomeOf(script[given.length] ?? 200)
    given.push(result)
    return Promise.resolve(result)
  }
  const result = await toEnd(retried({ clock, startTimer }, call.gateway, attempt)(call, asItIs))
  return { result, call, lefts, given, attempts: call.report.attempts }
}

test("a call is tried until an answer is good enough to pass on, and each try is recorded", async () => {
  const { result, attempts, call } = await run([503, "provider_failed", 200, 200])
  assert.equal(Result.isSuccess(result) && result.success.status, 200)
  assert.deepEqual(attempts.map(({ attempt, status, error, circuit }) => [attempt, status, error, circuit]), [
    [1, 503, null, "c1"],
    [2, null, "provider_failed", "c2"],
    [3, 200, null, "c3"],
  ])
  // A wait is spread around its length, so that not all clients come back at once.
  assert.deepEqual(attempts.map(({ waited_ms }) => waited_ms >= 50 && waited_ms <= 150), [false, true, true])
  assert.equal(typeof call.report.headersAt, "number")
})

test("the last try is the answer; if it failed, the report says how the call ended", async () => {
  const last = await run(Array.from({ length: 9 }, () => 503))
  assert.equal(last.attempts.length, 5)
  assert.equal(Result.isSuccess(last.result) && last.result.success.status, 503)
  const failed = await run(["provider_failed"], someCall())
  assert.equal(Result.isFailure(failed.result) && failed.result.failure.status, 502)
  assert.equal(failed.call.report.ending, "upstream_cut")
})

test("a gateway may answer as Cloudflare does if the provider gave no answer", async () => {
  const call = someCall({ entry: { cloudflare_error_status: true } })
  const { result } = await run(["provider_failed"], call)
  assert.equal(Result.isFailure(result) && result.failure.status, 400)
})

test("retries leave one call for each remaining step", async () => {
  const call = someCall({ entry })
  call.exchange.stepsToCome = 18
  assert.equal((await run(Array.from({ length: 9 }, () => 503), call)).attempts.length, 2)
})

test("limits may refuse another try", async () => {
  const call = someCall({ entry })
  let asked = 0
  call.admitsRetry = () => ++asked < 2
  assert.equal((await run([503, 503, 503, 200], call)).attempts.length, 2)
})

test("the try that requested the usage is not counted against the client's attempts", async () => {
  const call = someCall({ entry: { ...entry, retry_max_attempts: 2 } })
  call.triesBefore = 1
  const { attempts } = await run([503, 503, 503], call)
  assert.deepEqual(attempts.map(({ attempt }) => attempt), [2, 3])
})

test("all tries share the call's total time", async () => {
  const { lefts } = await run([503, 503, 503, 503], someCall({ entry: { ...entry, total_timeout: 10_000 } }))
  assert.equal(lefts.length, 5)
  const [first = 0] = lefts
  assert.ok(first > 9_000 && first <= 10_000)
  for (const [n, left = 0] of lefts.entries()) assert.ok(n === 0 || left < (lefts[n - 1] ?? 0), String(lefts))
  assert.deepEqual((await run([])).lefts, [undefined])
})

test("a redirect is discarded, and not passed on", async () => {
  const { result, given: [answer] } = await run([302])
  assert.match(Result.isFailure(result) ? result.failure.detail : "", /redirect/)
  assert.ok(answer !== undefined && Result.isSuccess(answer))
  assert.equal((answer.success as ReturnType<typeof someUpstream>).released, 1)
})
