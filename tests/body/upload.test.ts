/** Request bodies that stall, and bodies that are too many. */
import assert from "node:assert/strict"
import { test } from "node:test"
import * as Result from "effect/Result"
import { GatewayError } from "../../lib/errors.ts"
import { streamedBody, wholeBody } from "../../lib/body/read-body.ts"
import { nothingHeld } from "../../lib/body/held-bytes.ts"
import { makeUploads } from "../../lib/body/Uploads.ts"

/** Alarms that ring when the test says so. */
const alarms = () => {
  const set = new Set<{ readonly due: number; readonly ring: () => void }>()
  return {
    set: (milliseconds: number, ring: () => void) => {
      const alarm = { due: milliseconds, ring }
      set.add(alarm)
      return () => void set.delete(alarm)
    },
    waiting: () => [...set].map(({ due }) => due),
    ring: () => set.forEach((alarm) => set.delete(alarm) && alarm.ring()),
  }
}

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** A request whose body comes as the test sends it. */
const sending = (length?: number) => {
  let send: (bytes: number) => void = () => {}
  let end = (): void => {}
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      send = (bytes) => controller.enqueue(new Uint8Array(bytes))
      end = () => controller.close()
    },
  })
  const headers = length === undefined ? {} : { "content-length": String(length) }
  const request = new Request(
    "http://gateway/",
    { method: "POST", headers, body, duplex: "half" } as RequestInit,
  )
  return { request, send: (bytes: number) => send(bytes), end: () => end() }
}

const reasonOf = (given: unknown): string => {
  const error = Result.isResult(given) ? Result.merge(given) : given
  return error instanceof GatewayError ? error.reason : "none"
}
const roomy = { arriving: 1e9, held: 1e9 }

for (const length of [1000, 200_000, undefined]) {
  test(`a body of ${length ?? "unknown"} bytes that stalls is 408, and the connection is to be closed`, async () => {
    const clock = alarms()
    const { request, send } = sending(length)
    const reading = wholeBody(makeUploads(roomy, clock.set)(request, 30_000), 1e9)
    send(500)
    await turns()
    assert.deepEqual(clock.waiting(), [length === 1000 ? 60_000 : 30_000])
    clock.ring()
    const refused = Result.getOrThrow(Result.flip(await reading))
    assert.deepEqual([refused.status, refused.code, refused.headers], [408, 9408, { connection: "close" }])
  })
}

test("a forwarded body that stalls breaks off as 408", async () => {
  const clock = alarms()
  const { request, send } = sending(1000)
  const body = Result.getOrThrow(await streamedBody(makeUploads(roomy, clock.set)(request, 30_000), 1e9))
  assert.ok(body.kind === "stream")
  const reader = body.stream.getReader()
  // Nobody waits for a client before it is asked for anything.
  assert.deepEqual(clock.waiting(), [])
  send(500)
  assert.equal((await reader.read()).value?.byteLength, 500)
  const rest = reader.read()
  await turns()
  clock.ring()
  await assert.rejects(rest)
  assert.equal(reasonOf(body.broken.reason), "upload_timeout")
})

test("a slow upload may take long, as long as it comes", async () => {
  const clock = alarms()
  const { request, send, end } = sending(200_000)
  const reading = wholeBody(makeUploads(roomy, clock.set)(request, 30_000), 1e9)
  for (let part = 0; part < 100; part++) {
    send(2000)
    await turns()
    assert.deepEqual(clock.waiting(), [30_000])
  }
  end()
  const body = Result.getOrThrow(await reading)
  assert.ok(body.kind === "bytes" && body.bytes.byteLength === 200_000)
  assert.deepEqual(clock.waiting(), [])
})

test("incomplete bodies together stay within their bound, and complete ones within the total", async () => {
  const open = makeUploads({ arriving: 1_000_000, held: 2_000_000 }, alarms().set)
  const whole = async (bytes: number) => {
    const { request, send, end } = sending()
    const upload = open(request, 1)
    const reading = wholeBody(upload, 1e9)
    send(bytes)
    end()
    return { upload, body: await reading }
  }
  const stalled = sending()
  const first = open(stalled.request, 1)
  const reading = wholeBody(first, 1e9)
  stalled.send(900_000)
  await turns()
  assert.equal(reasonOf((await whole(200_000)).body), "overloaded")
  // What was refused holds nothing.
  const second = await whole(100_000)
  assert.equal(reasonOf(second.body), "none")
  stalled.end()
  await reading
  assert.equal(reasonOf((await whole(1000_000)).body), "none")
  assert.equal(reasonOf((await whole(1)).body), "overloaded")
  first.release()
  first.release()
  assert.equal(reasonOf((await whole(901_000)).body), "overloaded")
  assert.equal(reasonOf((await whole(900_000)).body), "none")
})

test("long bodies that stall leave room for short ones", async () => {
  const open = makeUploads({ arriving: 1_000_000, held: 1_100_000 }, alarms().set)
  const stalled = sending()
  const first = open(stalled.request, 1)
  const reading = wholeBody(first, 1e9)
  stalled.send(1_000_000)
  await turns()
  for (const length of [60_000, undefined]) {
    const { request, send, end } = sending(length)
    const upload = open(request, 1)
    const short = wholeBody(upload, 1e9)
    send(60_000)
    end()
    assert.equal(reasonOf(await short), "none")
    // Of these, too, there is an end.
    const { request: another, send: sendMore, end: endMore } = sending(length)
    const beyond = wholeBody(open(another, 1), 1e9)
    sendMore(60_000)
    endMore()
    assert.equal(reasonOf(await beyond), "overloaded")
    upload.release()
  }
  first.release()
  stalled.send(1)
  await reading
})

test("a complete body counts towards the total until its call has ended", () => {
  const open = makeUploads({ arriving: 10, held: 100 })
  const request = new Request("http://gateway/")
  const first = open(request, 1000)
  assert.equal(first.hold(60), undefined)
  assert.equal(open(request, 1000).hold(60)?.reason, "overloaded")
  first.release()
  assert.equal(open(request, 1000).hold(60), undefined)
})

for (const length of [1000, 200_000, undefined]) {
  test(`the rest of a body of ${length ?? "unknown"} bytes is not held after its call has ended`, async () => {
    const all = makeUploads({ arriving: 1000, held: 1000 })
    const { request, send, end } = sending(length)
    const upload = all(request, 30_000)
    const reading = wholeBody(upload, 1e9)
    send(500)
    await turns()
    upload.release()
    send(500)
    // What is read in one go comes when it is whole; else the next part ends the reading.
    if (length === 1000) end()
    assert.equal(reasonOf(await reading), "client_left")
    // All the room that there is, for the next.
    assert.equal(reasonOf(all(request, 30_000).hold(1000)), "none")
  })
}

test("a body that the host dropped silently does not take up room for ever", () => {
  let now = 0
  const hour = 3_600_000
  const open = makeUploads(roomy, undefined, nothingHeld(() => now))
  const next = () => open(new Request("http://gateway/"), 30_000)
  const dropped = next()
  assert.equal(reasonOf(dropped.hold(1e9)), "none")
  for (const [at, reason] of [[hour - 1, "overloaded"], [2 * hour - 1, "overloaded"], [2 * hour, "none"]]) {
    now = Number(at)
    const upload = next()
    assert.equal(reasonOf(upload.hold(1e9)), reason, `${at} ms`)
    upload.release()
  }
  // Should it end after all, nothing is counted out that is not counted in.
  dropped.release()
  assert.equal(reasonOf(next().hold(1e9)), "none")
  assert.equal(reasonOf(next().hold(1)), "overloaded")
})

test("a body lost with its client is no defect; one that another reader has taken is reported to the app", async () => {
  for (const leaves of [true, false]) {
    const client = new AbortController()
    const { request } = sending(200_000)
    request.body?.getReader()
    const given = new Request("http://gateway/", { signal: client.signal })
    Object.defineProperty(given, "body", { value: request.body })
    if (leaves) client.abort()
    const read = await makeUploads(roomy, () => () => {})(given, 30_000).reader().read()
    assert.equal(reasonOf(read), leaves ? "client_left" : "misconfigured")
  }
})
