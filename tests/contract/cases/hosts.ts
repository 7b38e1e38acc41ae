/** Targets and Host headers as nobody should write them: they choose no route, and no gateway to be booked on. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { eventually, type Harness } from "../harness.ts"
import { rawAnswer, statusOf } from "../raw.ts"

export const hostCases = (harness: Harness): void => {
  const ask = (target: string, ...lines: ReadonlyArray<string>) =>
    rawAnswer(
      harness.gateway.url,
      [`GET ${target} HTTP/1.1`, ...lines, "Connection: close", "", ""].join("\r\n"),
    )

  const unsound = [
    "x/metrics?",
    "x/livez?",
    "x/v1/other/tenant/baseten/v1/models?",
    "/livez?",
    "x?",
    "x#",
    "x\\livez?",
    "user@x",
    "user:secret@x/livez?",
    "x:80/livez?",
    "x:8o",
    "x:99999",
    "x y",
    "x\t/livez?",
    "x, y",
    "x;y",
    "x%2flivez%3f",
    "x%00",
    "<x>",
    "[::1",
    "[::1]x",
    "[x]",
    "::1",
    "256.256.256.256",
    "\xe9",
    "http://x",
    "*",
    "",
  ]
  for (const host of unsound) {
    test(`Host: ${JSON.stringify(host)} is 400 on every route, and charged to no gateway`, async () => {
      for (const target of ["/", "/nowhere", "/livez", "/v1/account/gateway/baseten/v1/models"]) {
        const event = harness.nextCase()
        const answer = await ask(target, `Host: ${host}`, `cf-aig-event-id: ${event}`)
        assert.equal(statusOf(answer), 400, `${target}: ${answer.slice(0, 300)}`)
        // Where the runtime itself refuses, there is no record at all.
        if (!answer.includes("cf-aig-event-id")) continue
        const record = () => harness.gateway.records().find(({ event_id }) => event_id === event)
        await eventually("there is a record", () => record() !== undefined)
        assert.deepEqual([record()?.["account_id"], record()?.["gateway_id"]], [null, null])
      }
    })
  }

  test("two Hosts are 400", async () => {
    for (const second of ["x", "y", "y/livez?"]) {
      assert.equal(statusOf(await ask("/livez", "Host: x", `Host: ${second}`)), 400, second)
    }
  })

  test("a valid Host is served, whatever its name", async () => {
    const sound = [
      "x",
      "x:",
      "x:80",
      "X.Example.",
      "a_b:8787",
      "127.0.0.1:1",
      "[::1]",
      "[::1]:8787",
      "xn--e1a.a",
    ]
    for (const host of sound) assert.equal(statusOf(await ask("/livez", `Host: ${host}`)), 200, host)
  })

  test("an absolute target is served by its path, or is 400", async () => {
    const answers: ReadonlyArray<readonly [target: string, host: string, ...allowed: Array<number>]> = [
      ["http://x/livez", "x", 200],
      ["HTTP://x:80/livez", "x", 200],
      ["https://x/livez", "x", 200],
      ["http://other/livez", "x", 200],
      ["http://x/livez", "x/metrics?", 400],
      ["http://x/nowhere", "x/livez?", 400],
      // Which name it has is between the target and Host: of one that is no name, some runtimes see the path alone.
      ["http://x\\livez?/nowhere", "x", 400, 200],
      ["http://user@x/nowhere", "x", 400, 404],
      ["ftp://x/nowhere", "x", 400, 404],
      ["file:///nowhere", "x", 400, 404],
      ["http:///nowhere", "x", 400, 404],
      ["nowhere", "x", 400, 200],
    ]
    for (const [target, host, ...allowed] of answers) {
      const answer = await ask(target, `Host: ${host}`)
      assert.ok(allowed.includes(statusOf(answer)), `${target}, ${host}: ${answer.slice(0, 300)}`)
      assert.ok(!answer.includes('"status":"ok"') || target.endsWith("/livez"), target)
    }
  })

  test("HTTP/1.0 without a Host, as health checks of load balancers send it, is served", async () => {
    // workerd (2026-10) itself refuses it.
    const status = statusOf(await rawAnswer(harness.gateway.url, "GET /livez HTTP/1.0\r\n\r\n"))
    assert.equal(status, harness.runtime === "workerd" ? 400 : 200)
  })
}
