import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { AnswerObserver } from "../../lib/answer/answer-observer.ts"
import { relayBody } from "../../lib/relay/relay-body.ts"
import { CutShort, UpstreamBody } from "../../lib/upstream/guarded-body.ts"
import { guardedStream, unguarded } from "../support/guarded-stream.ts"
import type { Ending } from "../../lib/record/request-record.ts"

const nothing = () => {}

/** A source of the given chunks that counts how often it is pulled. */
const sourceOf = (chunks: ReadonlyArray<Uint8Array>) => {
  const pulls = { count: 0, cancelled: false }
  const source = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      const chunk = chunks[pulls.count++]
      if (chunk === undefined) controller.close()
      else controller.enqueue(chunk)
    },
    cancel: () => {
      pulls.cancelled = true
    },
  }, { highWaterMark: 0 })
  return { source, pulls }
}

const relayed = (source: ReadableStream<Uint8Array>, length?: number) => {
  const endings: Array<Ending> = []
  const relay = relayBody({
    body: guardedStream(source),
    length,
    observer: undefined,
    onChunk: nothing,
    onEnd: (ending) => endings.push(ending),
  })
  return { relay, endings }
}

test("relayBody() relays the same bytes whatever the chunking, and ends once", async () => {
  const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 64 }), { maxLength: 20 })
  await fc.assert(fc.asyncProperty(chunks, async (given) => {
    const { relay, endings } = relayed(sourceOf(given).source)
    const bytes = new Uint8Array(
      await new Response(relay.body() as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer(),
    )
    assert.deepEqual([...bytes], given.flatMap((chunk) => [...chunk]))
    assert.deepEqual(endings, ["complete"])
  }))
})

test("relayBody() pulls only what its reader asks for", async () => {
  const { source, pulls } = sourceOf(Array.from({ length: 100 }, () => new Uint8Array(1)))
  const reader = relayed(source).relay.body().getReader()
  assert.equal(pulls.count, 0)
  await reader.read()
  assert.equal(pulls.count, 1)
})

test("relayBody() of known length ends with its last byte, before its reader sees the end", async () => {
  let asked = 0
  const source = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      if (asked++ < 2) controller.enqueue(new Uint8Array(2))
      else return new Promise(() => {})
    },
  }, { highWaterMark: 0 })
  const { relay, endings } = relayed(source, 4)
  const bytes = await new Response(relay.body() as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer()
  assert.deepEqual([bytes.byteLength, asked, endings], [4, 3, ["complete"]])
})

test("relayBody() cancels its source when the client leaves", async () => {
  const { source, pulls } = sourceOf([new Uint8Array(1), new Uint8Array(1)])
  const { relay, endings } = relayed(source)
  const reader = relay.body().getReader()
  await reader.read()
  await reader.cancel()
  assert.equal(pulls.cancelled, true)
  assert.deepEqual(endings, ["client_left"])
})

test("relayBody() fails a body without framing that is cut, and ends once", async () => {
  const { relay, endings } = relayed(new ReadableStream({}))
  const read = relay.body().getReader().read()
  relay.cut("idle")
  relay.cut("draining")
  await assert.rejects(read)
  assert.deepEqual(endings, ["idle"])
})

test("relayBody() cancels its source where it is cut, so that a shared one goes on without it", async () => {
  const { source, pulls } = sourceOf([new Uint8Array(1), new Uint8Array(1)])
  const { relay } = relayed(source)
  await relay.body().getReader().read()
  relay.cut("client_left")
  assert.equal(pulls.cancelled, true)
})

test("relayBody() of a relayed source ends as that one was cut, and tells the client once", async () => {
  const observer = Object.assign(new AnswerObserver({ framing: "chat", label: "events", asked: true }), {
    closing: (ending: Ending) => new TextEncoder().encode(`error: ${ending}`),
  })
  const source = relayBody({
    body: guardedStream(new ReadableStream({})),
    observer,
    isUpstreamOfBroadcast: true,
    onChunk: nothing,
    onEnd: nothing,
  })
  const endings: Array<Ending> = []
  const relay = relayBody({
    body: guardedStream(source.body()),
    observer,
    onChunk: nothing,
    onEnd: (ending) => endings.push(ending),
  })
  const text = new Response(relay.body() as ReadableStream<Uint8Array<ArrayBuffer>>).text()
  source.cut("idle")
  assert.equal(await text, "error: idle")
  assert.deepEqual(endings, ["idle"])
})

test("relayBody() hands on what its observer leaves of it, and what that held at the end; others see it all", async () => {
  const chunks = fc.array(fc.uint8Array({ maxLength: 8 }), { maxLength: 20 })
  await fc.assert(fc.asyncProperty(chunks, async (given) => {
    const seen: Array<number> = [], passed: Array<number> = []
    const held: Array<number> = []
    const relay = relayBody({
      body: guardedStream(sourceOf(given).source),
      // Leaves odd bytes out, and holds the others back by one chunk.
      observer: {
        isComplete: () => false,
        mayEnd: () => true,
        closing: () => undefined,
        push: (chunk) =>
          Uint8Array.from([...held.splice(0), ...(held.push(...chunk.filter((byte) => byte % 2 === 0)), [])]),
        finish: () => Uint8Array.from(held.splice(0)),
      },
      onChunk: (chunk) => seen.push(...chunk),
      onPassed: (chunk) => passed.push(...chunk),
      onEnd: nothing,
    })
    const bytes = [
      ...new Uint8Array(
        await new Response(relay.body() as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer(),
      ),
    ]
    const all = given.flatMap((chunk) => [...chunk])
    assert.deepEqual(seen, all)
    assert.deepEqual(bytes, all.filter((byte) => byte % 2 === 0))
    assert.deepEqual(passed, bytes)
  }))
})

for (const way of ["cancels", "is cut off"] as const) {
  test(`a body that drains is read to its end when the client ${way}, and ends as client_left`, async () => {
    const chunks = Array.from({ length: 5 }, (_, index) => Uint8Array.of(index))
    const { source, pulls } = sourceOf(chunks)
    const seen: Array<number> = []
    let end: (ended: readonly [Ending, boolean]) => void
    const ended = new Promise<readonly [Ending, boolean]>((resolve) => end = resolve)
    const relay = relayBody({
      body: guardedStream(source),
      observer: undefined,
      readsOnAfterDisconnect: true,
      onChunk: (chunk) => seen.push(...chunk),
      onEnd: (ending, whole) => end([ending, whole]),
    })
    const reader = relay.body().getReader()
    await reader.read()
    if (way === "cancels") await reader.cancel()
    else relay.cut("client_left")
    assert.deepEqual(await ended, ["client_left", true])
    assert.deepEqual(seen, [0, 1, 2, 3, 4])
    assert.equal(pulls.cancelled, false)
    assert.equal((await reader.read()).done, true)
  })
}

test("a body that drains while its reader waits is read to its end once, and a clock can end that", async () => {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined
  let cancelled = false
  const source = new ReadableStream<Uint8Array>({
    start: (given) => {
      controller = given
    },
    cancel: () => {
      cancelled = true
    },
  })
  const endings: Array<Ending> = []
  const seen: Array<number> = []
  const relay = relayBody({
    body: guardedStream(source),
    observer: undefined,
    readsOnAfterDisconnect: true,
    onChunk: (chunk) => seen.push(...chunk),
    onEnd: (ending) => endings.push(ending),
  })
  const reader = relay.body().getReader()
  const read = reader.read()
  relay.cut("client_left")
  assert.equal((await read).done, true)
  controller?.enqueue(Uint8Array.of(1))
  controller?.enqueue(Uint8Array.of(2))
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual([seen, endings], [[1, 2], []])
  relay.cut("idle")
  relay.cut("idle")
  assert.deepEqual([endings, cancelled], [["client_left"], true])
})

/** How many bytes there are after each of the chunks. */
const sums = (chunks: ReadonlyArray<Uint8Array>): ReadonlyArray<number> =>
  chunks.map((_, index) => chunks.slice(0, index + 1).reduce((sum, { length }) => sum + length, 0))

const asItIs = (bytes: Uint8Array | undefined): Uint8Array | undefined => bytes

test("whole() gives a body that comes in one piece; any other comes through body, with nothing lost", async () => {
  const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 4 }), { maxLength: 3 })
  await fc.assert(fc.asyncProperty(chunks, fc.nat(8), async (given, length) => {
    const { relay, endings } = relayed(sourceOf(given).source, length)
    const whole = await relay.whole(asItIs)
    const rest = whole ?? new Uint8Array(
      await new Response(relay.body() as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer(),
    )
    assert.equal(whole !== undefined, given[0]?.length === length)
    const all = given.flatMap((chunk) => [...chunk])
    assert.deepEqual([...rest], sums(given).includes(length) ? all.slice(0, length) : all)
    assert.deepEqual(endings, ["complete"])
  }))
})

test("what ends a body while whole() waits for it shows in body", async () => {
  const failed = relayed(
    new ReadableStream({ pull: (_) => _.error(new Error("gone")) }, { highWaterMark: 0 }),
    1,
  )
  assert.equal(await failed.relay.whole(asItIs), undefined)
  await assert.rejects(failed.relay.body().getReader().read())
  assert.deepEqual(failed.endings, ["upstream_cut"])

  for (const [ending, isError] of [["idle", true], ["client_left", false]] as const) {
    const { relay, endings } = relayed(new ReadableStream({}), 1)
    const whole = relay.whole(asItIs)
    relay.cut(ending)
    assert.equal(await whole, undefined)
    const read = relay.body().getReader().read()
    if (isError) await assert.rejects(read)
    else assert.equal((await read).done, true)
    assert.deepEqual(endings, [ending])
  }
})

test("a body that is cut short while its client pauses shows that once, and is let go of", async () => {
  const aborted: Array<string> = []
  const source = new UpstreamBody(
    sourceOf([Uint8Array.of(1), Uint8Array.of(2)]).source.getReader(),
    { ...unguarded, aborted: () => void aborted.push("aborted") },
  )
  const endings: Array<Ending> = []
  const relay = relayBody({
    body: source,
    observer: undefined,
    onChunk: nothing,
    onEnd: (ending) => endings.push(ending),
  })
  const reader = relay.body().getReader()
  await reader.read()
  source.cutShort("total_timeout")
  assert.deepEqual([endings, aborted], [["total_timeout"], ["aborted"]])
  await assert.rejects(reader.read(), new CutShort("total_timeout"))
})

test("an observer that fails ends the body as cut, and lets it go", async () => {
  for (const readsOnAfterDisconnect of [false, true]) {
    const { source, pulls } = sourceOf([Uint8Array.of(1), Uint8Array.of(2)])
    const endings: Array<Ending> = []
    const relay = relayBody({
      body: guardedStream(source),
      observer: undefined,
      readsOnAfterDisconnect,
      onChunk: ([byte]) => {
        if (byte === 2) throw new Error("observer")
      },
      onEnd: (ending) => endings.push(ending),
    })
    const reader = relay.body().getReader()
    await reader.read()
    if (readsOnAfterDisconnect) await reader.cancel()
    else await assert.rejects(reader.read(), new CutShort("upstream_cut"))
    await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual(endings, [readsOnAfterDisconnect ? "client_left" : "upstream_cut"])
    assert.equal(pulls.cancelled, true)
  }
})
