import assert from "node:assert/strict"
import { test } from "node:test"
import { setImmediate as settled } from "node:timers/promises"
import fc from "fast-check"
import { CutShort } from "../../lib/upstream/guarded-body.ts"
import { streamOfBody } from "../../lib/upstream/derived-body.ts"
import { broadcastBody, singleReaderBody } from "../../lib/coalesce/body-broadcast.ts"

/** A source of the given chunks that tells how often it was pulled, and what it has given. */
const sourceOf = (chunks: ReadonlyArray<Uint8Array>, failure?: Error) => {
  const seen = { pulls: 0, bytes: 0, ended: false, cancelled: false }
  const source = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      const chunk = chunks[seen.pulls++]
      if (chunk !== undefined) {
        seen.bytes += chunk.byteLength
        controller.enqueue(chunk)
      } else if (failure !== undefined) {
        controller.error(failure)
      } else {
        seen.ended = true
        controller.close()
      }
    },
    cancel: () => {
      seen.cancelled = true
    },
  }, { highWaterMark: 0 })
  return { source, seen }
}

const shared = (chunks: ReadonlyArray<Uint8Array>, limit: number, failure?: Error) => {
  const { source, seen } = sourceOf(chunks, failure)
  const calls = { allLeft: 0, closed: 0 }
  const body = broadcastBody(source.getReader(), {
    limit,
    onAllLeft: () => {
      calls.allLeft++
    },
    onClosed: () => {
      calls.closed++
    },
  })
  // As streams, which queue reads.
  const subscribe = (): ReadableStream<Uint8Array> | undefined => {
    const subscribed = body.subscribe()
    return subscribed && streamOfBody(subscribed)
  }
  const reader = () => (subscribe() ?? assert.fail("no body")).getReader()
  return { subscribe, body, seen, calls, reader }
}

/** A reader that notes what it gets, with reads that may be left open. */
const follow = (stream: ReadableStream<Uint8Array>) => {
  const reader = stream.getReader()
  const follower = { got: [] as Array<number>, asked: 0, done: false, left: false }
  const read = async (): Promise<void> => {
    follower.asked++
    const { done, value } = await reader.read()
    if (done) follower.done = true
    else follower.got.push(...value)
  }
  const drain = async (): Promise<void> => {
    while (!follower.done) await read()
  }
  const leave = (): void => {
    follower.left = true
    void reader.cancel()
  }
  return { follower, read, drain, leave }
}

/** Counts the reads that were answered. */
const counted = (reader: ReadableStreamDefaultReader<Uint8Array>) => {
  let count = 0
  return {
    read: (): void => {
      void reader.read().then(() => count++)
    },
    got: () => count,
  }
}

const bytesOf = (chunks: ReadonlyArray<Uint8Array>) => chunks.flatMap((chunk) => [...chunk])
const chunksOf = (count: number, size = 1) =>
  Array.from({ length: count }, (_, n) => new Uint8Array(size).fill(n))

test("broadcastBody() gives every reader every byte, in bounds, whatever the chunks and the order of reads", async () => {
  const step = fc.record({
    what: fc.constantFrom("read", "read", "read", "read", "join", "leave"),
    who: fc.nat(9),
  })
  const largest = 20
  const chunks = fc.array(fc.uint8Array({ maxLength: largest }), { maxLength: 30 })
  await fc.assert(
    fc.asyncProperty(
      chunks,
      fc.integer({ min: 1, max: 200 }),
      fc.array(step, { maxLength: 60 }),
      async (given, limit, steps) => {
        const { subscribe, seen, calls } = shared(given, limit)
        const first = subscribe()
        assert.ok(first !== undefined)
        const followers = [follow(first)]
        const present = () => followers.filter(({ follower }) => !follower.left && !follower.done)

        for (const { what, who } of steps) {
          const chosen = followers[who % followers.length]
          if (what === "read") {
            if (chosen?.follower.left === false) void chosen.read()
          } else if (what === "leave") {
            chosen?.leave()
          } else {
            const stream = subscribe()
            assert.equal(stream === undefined, calls.allLeft > 0 || seen.bytes > limit)
            if (stream !== undefined) followers.push(follow(stream))
          }
          await settled()
          const slowest = Math.min(...present().map(({ follower }) => follower.got.length))
          if (!seen.ended) assert.ok(seen.bytes - slowest < limit + largest)
          assert.ok(seen.pulls <= Math.max(...followers.map(({ follower }) => follower.asked)))
          const abandoned = followers.every(({ follower }) => follower.left) && !seen.ended
          if (abandoned) assert.equal(seen.cancelled, true)
          assert.equal(calls.allLeft, seen.cancelled ? 1 : 0)
        }

        await Promise.all(present().map(({ drain }) => drain()))
        const whole = bytesOf(given)
        for (const { follower } of followers) {
          assert.deepEqual(follower.got, follower.left ? whole.slice(0, follower.got.length) : whole)
        }
        assert.equal(calls.closed, calls.allLeft > 0 || seen.bytes > limit ? 1 : 0)
      },
    ),
  )
})

test("broadcastBody() pulls its source once for all who wait, and not for those who do not", async () => {
  const { reader, seen } = shared(chunksOf(9), 100)
  const [one, two] = [reader(), reader()]
  await settled()
  assert.equal(seen.pulls, 0)
  const reads = [one.read(), two.read()]
  assert.deepEqual((await Promise.all(reads)).map(({ value }) => value?.[0]), [0, 0])
  assert.equal(seen.pulls, 1)
  await one.read()
  assert.equal((await two.read()).value?.[0], 1)
  assert.equal(seen.pulls, 2)
})

test("broadcastBody() lets a reader run ahead of a paused one up to the limit, and on when that one reads", async () => {
  const { reader, seen } = shared(chunksOf(20), 5)
  const [fast, paused] = [counted(reader()), counted(reader())]
  for (let n = 0; n < 9; n++) fast.read()
  await settled()
  assert.deepEqual([fast.got(), seen.bytes], [5, 5])
  paused.read()
  await settled()
  assert.deepEqual([fast.got(), seen.bytes], [6, 6])
})

test("broadcastBody() releases the other readers when the slowest leaves", async () => {
  const { reader, seen, calls } = shared(chunksOf(20), 5)
  const fast = counted(reader())
  const paused = reader()
  for (let n = 0; n < 9; n++) fast.read()
  await settled()
  assert.equal(fast.got(), 5)
  await paused.cancel()
  await settled()
  assert.deepEqual([fast.got(), seen.cancelled, calls.allLeft], [9, false, 0])
})

test("broadcastBody() continues when a waiting reader leaves", async () => {
  const { reader } = shared(chunksOf(9), 2)
  const [fast, slow] = [reader(), reader()]
  await fast.read()
  await fast.read()
  const waits = fast.read()
  await settled()
  await fast.cancel()
  assert.equal((await waits).done, true)
  for (let n = 0; n < 9; n++) assert.equal((await slow.read()).value?.[0], n)
  assert.equal((await slow.read()).done, true)
})

test("broadcastBody() passes on a chunk that is longer than the limit", async () => {
  const { reader } = shared(chunksOf(3, 100), 10)
  const [one, two] = [reader(), reader()]
  for (let n = 0; n < 3; n++) {
    const reads = await Promise.all([one.read(), two.read()])
    assert.deepEqual(reads.map(({ value }) => value?.byteLength), [100, 100])
  }
  assert.equal((await one.read()).done, true)
})

test("subscribe() gives a body that has ended while it fits the limit, and none that is longer", async () => {
  const small = shared(chunksOf(5), 5)
  await follow(small.subscribe() ?? assert.fail()).drain()
  const late = follow(small.subscribe() ?? assert.fail())
  await late.drain()
  assert.deepEqual([late.follower.got, small.calls], [[0, 1, 2, 3, 4], { allLeft: 0, closed: 0 }])

  const large = shared(chunksOf(6), 5)
  const only = large.reader()
  for (let n = 0; n < 5; n++) await only.read()
  assert.equal(large.calls.closed, 0)
  await only.read()
  assert.deepEqual([large.subscribe(), large.calls.closed], [undefined, 1])
})

test("broadcastBody() cancels its source when the last reader leaves, and not before", async () => {
  const { reader, subscribe, seen, calls } = shared(chunksOf(5), 100)
  const [one, two] = [reader(), reader()]
  await one.read()
  await one.cancel()
  assert.equal(seen.cancelled, false)
  await two.cancel()
  assert.deepEqual([seen.cancelled, calls, subscribe()], [true, { allLeft: 1, closed: 1 }, undefined])
})

test("broadcastBody() does not speak of leaving once its source has ended", async () => {
  const { reader, seen, calls } = shared(chunksOf(1), 100)
  const [one, two] = [reader(), reader()]
  await one.read()
  await one.read()
  await two.cancel()
  assert.deepEqual([seen.cancelled, calls.allLeft], [false, 0])
})

test("broadcastBody() fails every reader whose source fails, after the bytes that came before", async () => {
  const failure = new Error("cut")
  const { reader, subscribe, calls } = shared(chunksOf(2), 100, failure)
  const [fast, slow] = [reader(), reader()]
  await fast.read()
  await fast.read()
  await assert.rejects(fast.read(), new CutShort("upstream_cut"))
  assert.equal((await slow.read()).value?.[0], 0)
  assert.equal((await slow.read()).value?.[0], 1)
  await assert.rejects(slow.read(), new CutShort("upstream_cut"))
  assert.deepEqual([subscribe(), calls], [undefined, { allLeft: 0, closed: 1 }])
})

test("broadcastBody() hands on how its source was cut short", async () => {
  const { reader } = shared(chunksOf(1), 100, new CutShort("idle"))
  const one = reader()
  await one.read()
  await assert.rejects(one.read(), new CutShort("idle"))
})

test("a subscriber leaves once: at the end, by cancelling, or with its last wanted byte", async () => {
  for (const how of ["end", "cancel", "settle"] as const) {
    const left: Array<string> = []
    const { body } = shared(chunksOf(1), 100)
    const subscribed = body.subscribe(() => void left.push(how)) ?? assert.fail()
    await subscribed.read()
    assert.deepEqual(left, [])
    if (how === "end") assert.equal((await subscribed.read()).done, true)
    else subscribed[how]()
    await settled()
    subscribed.cancel()
    assert.deepEqual(left, [how])
    if (how === "cancel") await assert.rejects(subscribed.read(), new CutShort("client_left"))
    else assert.equal((await subscribed.read()).done, true)
  }
})

test("singleReaderBody() has one reader, and holds nothing for another", async () => {
  const body = singleReaderBody(sourceOf(chunksOf(3)).source.getReader())
  const subscribed = body.subscribe() ?? assert.fail()
  assert.equal(body.subscribe(), undefined)
  const { follower, drain } = follow(streamOfBody(subscribed))
  await drain()
  assert.deepEqual(follower.got, [0, 1, 2])
})
