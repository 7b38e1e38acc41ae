/** Equal requests at once, while there is nothing in the cache yet. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { chat, type Configured, eventually, fault, type Harness } from "../harness.ts"
import { type Answered, type Ask, asker, callsInFlight, untilInFlight } from "../ask.ts"

/** What these cases need configured. */
export const sharedMissEntries = (): Configured => ({
  entries: {
    shared: { cache_ttl: 300 },
    "shared-streams": { cache_ttl: 300, cache_streams: true, idle_timeout: 400 },
    "shared-and-limited": { cache_ttl: 300, rate_limiting_limit: 1, rate_limiting_interval: 2_678_400 },
  },
})

export const sharedMissCases = (harness: Harness): void => {
  const answer = asker(harness)
  const ask = (one: Ask) => answer({ entry: "shared", ...one })
  const calls = (id: string): number => harness.simulator.requests(id).length
  const three = (one: Ask): Promise<ReadonlyArray<Answered>> => Promise.all([ask(one), ask(one), ask(one)])
  const slowly = fault({ delay_ms: 400 })
  const reachesBaseten = (id: string) => eventually("it reaches Baseten", () => calls(id) > 0)
  const endedAtBaseten = (id: string) => harness.simulator.requests(id)[0]?.outcome

  if (!harness.flags.sharesMisses) {
    test("equal requests at once do not wait for each other", async () => {
      const id = harness.nextCase()
      for (const { response, status } of await three({ id, headers: slowly })) {
        assert.deepEqual([response.status, status], [200, "MISS"])
      }
      assert.equal(calls(id), 3)
      assert.equal((await ask({ id })).status, "HIT")
    })
    return
  }

  test("equal requests at once make one call, whose answer each client gets", async () => {
    const id = harness.nextCase()
    const answers = await three({ id, headers: slowly })
    assert.equal(calls(id), 1)
    for (const { response, status, bytes } of answers) {
      assert.deepEqual([response.status, status], [200, "MISS"])
      assert.deepEqual(bytes, answers[0]?.bytes)
      const { cached, ending } = await harness.recordOf(response)
      assert.deepEqual([cached, ending], [false, "complete"])
    }
    assert.equal(new Set(answers.map(({ response }) => response.headers.get("cf-aig-request-id"))).size, 3)
    assert.equal((await ask({ id })).status, "HIT")
  })

  test("requests that differ share no call", async () => {
    const id = harness.nextCase()
    const others = [{ authorization: "Bearer sk-other" }, { "cf-aig-cache-key": id }, {}]
    await Promise.all(others.map((headers) => ask({ id, headers: { ...slowly, ...headers } })))
    assert.equal(calls(id), 3)
  })

  test("cf-aig-skip-cache shares no call", async () => {
    const id = harness.nextCase()
    const skipping = { ...slowly, "cf-aig-skip-cache": "true" }
    await Promise.all([slowly, skipping, skipping].map((headers) => ask({ id, headers })))
    assert.equal(calls(id), 3)
  })

  test("a shared call is counted once by rate limits", async () => {
    const id = harness.nextCase()
    for (const { response } of await three({ id, entry: "shared-and-limited", headers: slowly })) {
      assert.equal(response.status, 200)
    }
    assert.equal(calls(id), 1)
  })

  for (const who of [0, 1]) {
    test(`if one of three leaves (number ${who + 1}), the others get the whole answer`, async () => {
      const id = harness.nextCase()
      const controllers = [new AbortController(), new AbortController(), new AbortController()]
      const before = await callsInFlight(harness)
      const answers: Array<Promise<Answered>> = []
      for (const { signal } of controllers) {
        answers.push(ask({ id, headers: fault({ held: true }), signal }))
        await reachesBaseten(id)
      }
      await untilInFlight(harness, before + controllers.length)
      controllers[who]?.abort()
      const [leaver] = answers.splice(who, 1)
      await assert.rejects(leaver ?? Promise.resolve())
      harness.simulator.release(id)
      for (const { response, bytes } of await Promise.all(answers)) {
        assert.equal(response.status, 200)
        assert.match(bytes.toString(), /"usage"/)
      }
      assert.deepEqual([calls(id), endedAtBaseten(id)], [1, "completed"])
      assert.equal((await ask({ id })).status, "HIT")
    })
  }

  test("a client that leaves within a large answer does not hold up the others", async () => {
    const id = harness.nextCase()
    const size = 30 * 1024 * 1024
    const one = { id, path: "baseten/model/size1234", body: JSON.stringify({ bytes: size, id }) }
    const controller = new AbortController()
    const url = `${harness.entry("shared")}/${one.path}`
    const headers = { authorization: "Bearer sk-own", "content-type": "application/json", ...slowly }
    const leaving = fetch(url, {
      method: "POST",
      headers: { ...headers, "x-simulator-case": id },
      body: one.body,
      signal: controller.signal,
    })
    await reachesBaseten(id)
    const staying = [ask({ ...one, headers: slowly }), ask({ ...one, headers: slowly })]
    // Reads a little and pauses: the others soon wait for it, until it leaves.
    await (await leaving).body?.getReader().read()
    await new Promise((resolve) => setTimeout(resolve, 300))
    controller.abort()
    for (const { bytes } of await Promise.all(staying)) assert.equal(bytes.length, size)
    assert.equal(calls(id), 1)
  })

  test("when all leave, Baseten's request ends", async () => {
    const id = harness.nextCase()
    const controllers = [new AbortController(), new AbortController(), new AbortController()]
    const headers = fault({ hang: "headers" })
    const answers = controllers.map(({ signal }) => ask({ id, headers, signal }).catch(() => {}))
    await reachesBaseten(id)
    for (const controller of controllers.slice(1)) controller.abort()
    await new Promise((resolve) => setTimeout(resolve, 200))
    assert.equal(endedAtBaseten(id), "open")
    controllers[0]?.abort()
    await Promise.all(answers)
    await eventually("Baseten sees it", () => endedAtBaseten(id) === "client_closed")
    assert.deepEqual([(await ask({ id })).status, calls(id)], ["MISS", 2])
  })

  test("a shared call that fails, fails for all, and the next request makes a new call", async () => {
    const failures: ReadonlyArray<readonly [object, number, string]> = [
      [{ delay_ms: 300, reset: true }, 502, "upstream_cut"],
      [{ delay_ms: 300, status: 529 }, 529, "complete"],
    ]
    for (const [how, status, ending] of failures) {
      const id = harness.nextCase()
      const answers = await three({ id, headers: fault(how) })
      assert.ok(calls(id) === 1 || (calls(id) === 2 && status === 502 && !harness.flags.sendsOnce))
      assert.equal(new Set(answers.map(({ bytes }) => bytes.toString())).size, 1)
      for (const { response } of answers) {
        assert.equal(response.status, status)
        assert.equal((await harness.recordOf(response))["ending"], ending)
      }
      const next = await ask({ id })
      assert.deepEqual([next.response.status, next.status], [200, "MISS"])
    }
  })

  test("each request has its own timeouts and retries", async () => {
    const id = harness.nextCase()
    const hasty = ask({ id, headers: { ...slowly, "cf-aig-request-timeout": "100" } })
    await reachesBaseten(id)
    const patient = ask({ id, headers: slowly })
    assert.equal((await hasty).response.status, 504)
    assert.equal((await patient).response.status, 200)
  })

  test("streams that are not cached do not wait for each other", async () => {
    const id = harness.nextCase()
    const one = { id, body: chat({ user: id, stream: true }), headers: fault({ held: true }) }
    const answers = three(one)
    await eventually("all are sent", () => calls(id) === 3)
    harness.simulator.release(id)
    for (const { bytes } of await answers) assert.match(bytes.toString(), /\[DONE\]\n\n$/)
    assert.equal(calls(id), 3)
  })

  test("cache_streams: a client that joins within a stream gets all of it", async () => {
    const id = harness.nextCase()
    const one = {
      id,
      entry: "shared-streams",
      body: chat({ user: id, stream: true }),
      headers: fault({ drip_ms: 50, events: 10 }),
    }
    const first = ask(one)
    await reachesBaseten(id)
    await new Promise((resolve) => setTimeout(resolve, 200))
    const late = await ask(one)
    assert.deepEqual(late.bytes, (await first).bytes)
    assert.match(late.bytes.toString(), /\[DONE\]\n\n$/)
    assert.equal(calls(id), 1)
  })

  test("cache_streams: each client of a shared stream that breaks off gets one error event", async () => {
    for (const [how, code] of [[{ cut_after: 3 }, "upstream_cut"], [{ stall_after: 3 }, "idle"]] as const) {
      const id = harness.nextCase()
      const body = chat({ user: id, stream: true })
      const headers = fault({ ...how, delay_ms: 100 })
      for (const { response, bytes } of await three({ id, entry: "shared-streams", body, headers })) {
        assert.equal(bytes.toString().match(/"error"/g)?.length, 1)
        assert.match(bytes.toString(), new RegExp(`"code":"${code}"`))
        assert.equal((await harness.recordOf(response))["ending"], code)
      }
      assert.equal(calls(id), 1)
      assert.equal((await ask({ id, entry: "shared-streams", body })).status, "MISS")
    }
  })
}
