/** Which gateway a page of one gateway opens with. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { busiestGateway, type CountByGateway } from "../../lib/console/busiest-gateway.ts"

const gateways = ["archive", "billing", "chat"]

/** Counts by span; what is asked for is noted. */
const counting = (counts: Readonly<Record<string, Readonly<Record<string, number>>>>) => {
  const asked: Array<string> = []
  const count = (since: string) => {
    asked.push(since)
    const rows = Object.entries(counts[since] ?? {})
    return Promise.resolve(rows.map(([gateway, requests]) => ({ group: { gateway }, requests })))
  }
  return { asked, count: count as unknown as CountByGateway }
}

test("it is the one with the most requests of the last day", async () => {
  const { asked, count } = counting({ "-24h": { billing: 2, chat: 30 }, "-30d": { archive: 900 } })
  assert.equal(await busiestGateway(gateways, count), "chat")
  assert.deepEqual(asked, ["-24h"])
})

test("without any in the last day it is that of the last thirty", async () => {
  const { asked, count } = counting({ "-30d": { chat: 1, billing: 7 } })
  assert.equal(await busiestGateway(gateways, count), "billing")
  assert.deepEqual(asked, ["-24h", "-30d"])
})

test("without any, or if they cannot be counted, it is the first", async () => {
  assert.equal(await busiestGateway(gateways, counting({}).count), "archive")
  assert.equal(await busiestGateway(gateways, () => Promise.reject(new Error("out of order"))), "archive")
})

test("a gateway that cannot be chosen is not taken", async () => {
  assert.equal(await busiestGateway(gateways, counting({ "-24h": { gone: 9, chat: 1 } }).count), "chat")
})

test("where there is nothing to choose, nothing is counted", async () => {
  const { asked, count } = counting({ "-24h": { chat: 1 } })
  assert.equal(await busiestGateway(["chat"], count), "chat")
  assert.equal(await busiestGateway([], count), "")
  assert.deepEqual(asked, [])
})
