/** What goes out over a socket waits for a client that does not read. */
import assert from "node:assert/strict"
import { mock, test } from "node:test"
import { makeOutlet } from "../../lib/runtime/socket-outlet.ts"

/** A client that reads only on command. */
const slowClient = () => {
  const sent: Array<string> = []
  let taken = 0
  return {
    sent,
    take: () => taken = sent.length,
    socket: {
      send: (text: string) => void sent.push(text),
      close: () => {},
      buffered: () => sent.slice(taken).join("").length,
    },
  }
}
const megabyte = "x".repeat(1_048_576)
const soon = () => new Promise((resolve) => setImmediate(resolve))

test("messages go out in order, no more than a megabyte and one of them ahead of the client", async () => {
  const { sent, take, socket } = slowClient()
  const outlet = makeOutlet(socket)
  const order: Array<number> = []
  const all = [1, 2, 3, 4].map((n) => outlet.send(n + megabyte).then(() => order.push(n)))
  await soon()
  assert.equal(sent.length, 1)
  assert.ok(!await Promise.race([outlet.room(), soon().then(() => false)]))
  for (let read = 2; read <= 4; read++) {
    take()
    outlet.drained()
    await soon()
    assert.equal(sent.length, read)
  }
  await Promise.all(all)
  assert.deepEqual(order, [1, 2, 3, 4])
  assert.deepEqual(sent.map((text) => text[0]), ["1", "2", "3", "4"])
  outlet.closed()
})

test("where the runtime does not announce that the client has read, it is polled", async () => {
  const { sent, take, socket } = slowClient()
  const outlet = makeOutlet(socket)
  await outlet.send(megabyte + megabyte)
  const second = outlet.send("second")
  take()
  assert.equal(await second, true)
  assert.equal(sent.length, 2)
})

test("waiting senders are released when the socket closes, and nothing is sent after that", async () => {
  const { sent, socket } = slowClient()
  const outlet = makeOutlet(socket)
  await outlet.send(megabyte + megabyte)
  const waiting = [outlet.send("a"), outlet.send("b"), outlet.room()]
  await soon()
  outlet.closed()
  assert.deepEqual(await Promise.all(waiting), [false, false, false])
  assert.equal(await outlet.send("c"), false)
  assert.equal(sent.length, 1)
})

test("a socket that throws has closed", async () => {
  const outlet = makeOutlet({
    send: () => {
      throw new Error("closed")
    },
    close: () => {},
  })
  assert.equal(await outlet.send("a"), false)
  assert.equal(await outlet.room(), false)
})

test("where the runtime does not report what is buffered, it is estimated by time", async () => {
  mock.timers.enable({ apis: ["setTimeout", "Date"] })
  const clock = mock.method(performance, "now", () => Date.now())
  try {
    const sent: Array<string> = []
    const outlet = makeOutlet({ send: (text) => sent.push(text), close: () => {} })
    for (let n = 0; n < 20; n++) void outlet.send(megabyte)
    const until = async (milliseconds: number) => {
      for (let at = 0; at < milliseconds; at += 10) {
        mock.timers.tick(10)
        await soon()
      }
    }
    await soon()
    assert.equal(sent.length, 5)
    await until(3000)
    assert.ok(sent.length >= 10 && sent.length <= 11, String(sent.length))
    outlet.closed()
  } finally {
    clock.mock.restore()
    mock.timers.reset()
  }
})
