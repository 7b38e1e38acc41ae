/** Sessions: whose they are, and how they divide. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { HeaderFields } from "../../lib/headers/header-fields.ts"
import { sessionOf } from "../../lib/plan/session.ts"
import { resolverOf, someContext, someExchange, someTarget } from "../support/some-call.ts"

const session = (
  own: Readonly<Record<string, string>>,
  { entry = { session_affinity: true }, request = {} }: { entry?: object; request?: Record<string, string> } =
    {},
) => {
  const context = someContext(entry, someExchange({ headers: request }))
  const planning = { ...context, resolver: resolverOf(), priceOf: () => undefined, keep: () => {} }
  return sessionOf(planning, someTarget({ change: { headers: HeaderFields.from(Object.entries(own)) } }))
}
const one = { "x-session-affinity": "one" }

test("a session is named by either header, of the step before the request", () => {
  const key = session(one)?.key("a")
  assert.equal(session({ "cf-aig-session-id": "one" })?.key("a"), key)
  assert.equal(session({}, { request: one })?.key("a"), key)
  assert.equal(session(one, { request: { "x-session-affinity": "two" } })?.key("a"), key)
  assert.notEqual(session({ "x-session-affinity": "two" })?.key("a"), key)
  assert.notEqual(session(one)?.key("b"), key)
  assert.match(key ?? "", /^session:[0-9a-f]{64}$/)
})

test("there is no session without the setting, without a name, or if the caller declines", () => {
  assert.equal(session(one, { entry: {} }), undefined)
  assert.equal(session({}), undefined)
  assert.equal(session({ "x-session-affinity": "" }), undefined)
  assert.equal(session({ ...one, "cf-aig-no-session-affinity": "True" }), undefined)
})

test("callers with different keys have different sessions", () => {
  const keys = ["Bearer sk-a", "Bearer sk-b", ""].map((authorization) =>
    session({ ...one, ...(authorization && { authorization }) })?.key("a")
  )
  assert.equal(new Set(keys).size, 3)
})

test("shares are even, and independent between two elements", () => {
  const sessions = Array.from({ length: 1000 }, (_, at) => session({ "x-session-affinity": `s${at}` }))
  const shares = (element: string) => sessions.map((each) => each?.share("route", element) ?? -1)
  const [first, second] = [shares("first"), shares("second")]
  const low = first.filter((share) => share >= 0 && share < 0.2).length
  assert.ok(low > 150 && low < 250, `${low} of 1000 below 0.2`)
  const alike = first.filter((share, at) => share < 0.5 === (second[at] ?? 0) < 0.5).length
  assert.ok(alike > 420 && alike < 580, `${alike} of 1000 on the same side`)
  assert.ok([...first, ...second].every((share) => share >= 0 && share < 1))
})
