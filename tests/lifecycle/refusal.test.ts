/** The gateway's own answer to a request that it refuses, and how that request ends. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { badRequest, clientLeft, cutByDraining, type GatewayError, internal } from "../../lib/errors.ts"
import { rateLimited } from "../../lib/errors/limit-errors.ts"
import { Exchange } from "../../lib/exchange.ts"
import { HeaderFields } from "../../lib/headers/header-fields.ts"
import { addIds, refuse } from "../../lib/lifecycle/refusal.ts"
import { someCall, someExchange } from "../support/some-call.ts"

const bodyOf = ({ body }: ReturnType<typeof refuse>): { description?: string } =>
  JSON.parse(new TextDecoder().decode(body as Uint8Array))

test("a refusal ends the request with its status, code and reason, and costs nothing", () => {
  const exchange = someExchange()
  const answer = refuse(exchange, rateLimited("Too many.", { "retry-after": "3" }))
  assert.deepEqual(
    [answer.status, answer.headers.get("retry-after"), answer.headers.get("content-type")],
    [429, "3", "application/json"],
  )
  assert.equal(bodyOf(answer).description, "Too many.")
  const { status, error, error_code, ending, cost } = exchange.record()
  assert.deepEqual([status, error, error_code, ending, cost], [429, "rate_limited", 2003, "complete", 0])
})

for (
  const [name, error, cut, ending] of [
    ["a client that left", clientLeft(), "client_left", "client_left"],
    ["a gateway that stops", cutByDraining(), "draining", "draining"],
    ["a failed call", badRequest(""), undefined, "upstream_cut"],
    ["a refusal of its own while the gateway stops", badRequest(""), "draining", "upstream_cut"],
  ] as ReadonlyArray<[string, GatewayError, "client_left" | "draining" | undefined, string]>
) {
  test(`the ending of ${name}: ${ending}`, () => {
    const exchange = someExchange()
    const { report } = someCall({ exchange })
    report.ending = "upstream_cut"
    exchange.answering = report
    if (cut !== undefined) exchange.cut.cut(cut)
    refuse(exchange, error)
    assert.equal(exchange.record().ending, ending)
  })
}

test("an error does not show its caller's secrets", () => {
  const exchange = someExchange({ headers: { authorization: "Bearer sk-0123456789" } })
  assert.equal(bodyOf(refuse(exchange, badRequest("No sk-0123456789."))).description, "No [redacted].")
})

test("HEAD has no body", () => {
  const request = new Request("https://gate.example/v1/a/g/x", { method: "HEAD" })
  const exchange = new Exchange(request, new URL(request.url), new HeaderFields(), {}, undefined, () => {})
  assert.equal(refuse(exchange, badRequest("")).body, null)
})

test("the event id may be the caller's, the other two are the request's", () => {
  const exchange = someExchange({ headers: { "cf-aig-event-id": "mine" } })
  const headers = new HeaderFields()
  addIds(headers, exchange)
  const ids = ["cf-aig-request-id", "cf-aig-log-id", "cf-aig-event-id"].map((name) => headers.get(name))
  assert.deepEqual(ids, [exchange.id, exchange.id, "mine"])
})

test("failures of the management API have its format, and a code for what failed", () => {
  const answer = (error: GatewayError) => {
    const exchange = someExchange()
    exchange.routeName = "admin.gateways"
    const { success, errors: [first], result } = JSON.parse(
      new TextDecoder().decode(refuse(exchange, error).body as Uint8Array),
    ) as { success: boolean; errors: [{ code: number; message: string }]; result: unknown }
    assert.deepEqual([success, result], [false, null])
    return first
  }
  assert.deepEqual([answer(internal("id")).code, answer(cutByDraining()).code], [7000, 9503])
  assert.match(answer(badRequest("No.")).message, /No\./)
})
