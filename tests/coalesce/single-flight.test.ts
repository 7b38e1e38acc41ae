import assert from "node:assert/strict"
import { test } from "node:test"
import { setImmediate as settled } from "node:timers/promises"
import fc from "fast-check"
import { type InFlightControls, makeSingleFlight } from "../../lib/coalesce/single-flight.ts"
import { broadcastBody } from "../../lib/coalesce/body-broadcast.ts"

/** Work whose end the test decides. */
const works = () => {
  const started: Array<
    InFlightControls & { resolve: (value: string) => void; reject: (error: Error) => void }
  > = []
  const start = (controls: InFlightControls) =>
    new Promise<string>((resolve, reject) => {
      started.push({ ...controls, resolve, reject })
    })
  return { start, started, last: () => started.at(-1) ?? assert.fail("nothing was started") }
}

test("join() starts the work of a key once, and gives its result to all", async () => {
  const flight = makeSingleFlight<string>()
  const { start, started, last } = works()
  const subscriptions = [flight.join("a", start), flight.join("a", start)]
  await settled()
  subscriptions.push(flight.join("a", start))
  last().resolve("whole")
  assert.deepEqual(await Promise.all(subscriptions.map(({ result }) => result)), ["whole", "whole", "whole"])
  assert.equal(await flight.join("a", start).result, "whole")
  void flight.join("b", start)
  await settled()
  assert.equal(started.length, 2)
})

test("leave() aborts the work when all have left, each counted once", async () => {
  const flight = makeSingleFlight<string>()
  const { start, last } = works()
  const [one, two] = [flight.join("a", start), flight.join("a", start)]
  await settled()
  one.leave()
  one.leave()
  assert.equal(last().signal.aborted, false)
  two.leave()
  assert.equal(last().signal.aborted, true)
})

test("leave() aborts what is in use after the result, too", async () => {
  const flight = makeSingleFlight<string>()
  const { start, last } = works()
  const [one, two] = [flight.join("a", start), flight.join("a", start)]
  await settled()
  last().resolve("whole")
  one.leave()
  await one.result
  assert.equal(last().signal.aborted, false)
  two.leave()
  assert.equal(last().signal.aborted, true)
})

test("join() starts anew after the last has left, and the old work does not touch the new", async () => {
  const flight = makeSingleFlight<string>()
  const { start, started } = works()
  const second = flight.join("a", start)
  assert.equal(started.length, 1)
  second.leave()
  const third = flight.join("a", start)
  const [old, current] = started
  old?.reject(new Error("aborted"))
  old?.close()
  await settled()
  const fourth = flight.join("a", start)
  await settled()
  assert.deepEqual([started.length, current?.signal.aborted], [2, false])
  current?.resolve("new")
  assert.deepEqual(await Promise.all([third.result, fourth.result]), ["new", "new"])
})

test("close() lets nobody else join, and leaves those who have joined alone", async () => {
  const flight = makeSingleFlight<string>()
  const { start, started } = works()
  const subscription = flight.join("a", start)
  await settled()
  const [first] = started
  first?.resolve("old")
  first?.close()
  const next = flight.join("a", start)
  await settled()
  assert.deepEqual([await subscription.result, first?.signal.aborted, started.length], ["old", false, 2])
  subscription.leave()
  assert.equal(first?.signal.aborted, true)
  started[1]?.resolve("new")
  assert.equal(await next.result, "new")
})

test("join() gives a failure to all who wait, and who tries again at once starts anew", async () => {
  const flight = makeSingleFlight<string>()
  let starts = 0
  const start = () => {
    if (++starts === 1) throw new Error("first")
    return Promise.resolve("second")
  }
  const [one, two] = [flight.join("a", start), flight.join("a", start)]
  const again = one.result.catch(() => flight.join("a", start).result)
  await assert.rejects(two.result, { message: "first" })
  assert.deepEqual([await again, starts], ["second", 2])
})

test("SingleFlight keeps only work going that somebody waits for, and shares it, in any order of events", async () => {
  const events = fc.array(fc.constantFrom("join", "leave", "resolve", "reject", "close", "tick"), {
    maxLength: 40,
  })
  await fc.assert(fc.asyncProperty(events, fc.infiniteStream(fc.nat(99)), async (given, choices) => {
    const flight = makeSingleFlight<string>()
    const { start, started } = works()
    const subscriptions: Array<{ subscription: ReturnType<typeof flight.join>; here: boolean }> = []
    const pick = <A>(list: ReadonlyArray<A>): A | undefined => list[choices.next().value % list.length]
    for (const event of given) {
      if (event === "join") {
        const subscription = flight.join("a", start)
        subscription.result.catch(() => {})
        subscriptions.push({ subscription, here: true })
      } else if (event === "leave") {
        const chosen = pick(subscriptions)
        chosen?.subscription.leave()
        if (chosen !== undefined) chosen.here = false
      } else if (event === "tick") {
        await settled()
      } else if (event === "resolve") {
        pick(started)?.resolve("")
      } else if (event === "reject") {
        pick(started)?.reject(new Error("failed"))
      } else {
        pick(started)?.close()
      }
    }
    await settled()
    // Subscriptions of one flight hold the same promise: a flight is wanted if one of them is still taken.
    const wanted = new Set(
      subscriptions.filter(({ here }) => here).map(({ subscription }) => subscription.result),
    )
    assert.equal(started.filter(({ signal }) => !signal.aborted).length, wanted.size)
  }))
})

test("SingleFlight and broadcastBody() serve three clients from one call, of whom one leaves", async () => {
  const flight = makeSingleFlight<ReturnType<typeof broadcastBody>>()
  let calls = 0
  const start = ({ close }: InFlightControls) => {
    calls++
    const source = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(1)),
    }, { highWaterMark: 0 })
    return Promise.resolve(broadcastBody(source.getReader(), { limit: 2, onAllLeft: close, onClosed: close }))
  }
  const subscriptions = [1, 2, 3].map(() => flight.join("a", start))
  const readers = await Promise.all(
    subscriptions.map(async ({ result }) => (await result).subscribe() ?? assert.fail()),
  )
  readers[0]?.cancel()
  for (let n = 0; n < 3; n++) {
    const reads = await Promise.all(readers.slice(1).map((reader) => reader.read()))
    assert.deepEqual(reads.map(({ done }) => done), [false, false])
  }
  assert.equal(calls, 1)
  await flight.join("a", start).result
  assert.equal(calls, 2)
})
