import assert from "node:assert/strict"
import { test } from "node:test"
import { readBuffers } from "../../lib/upstream/body-reader.ts"

/** A stream of so many bytes that fills whatever it is given to fill. */
const byteStream = (length: number) => {
  let left = length
  let cancelled = false
  const source = new ReadableStream({
    type: "bytes",
    pull: (controller) => {
      const { byobRequest } = controller
      const size = Math.min(left, byobRequest?.view?.byteLength ?? 0)
      left -= size
      if (size === 0) controller.close()
      byobRequest?.respond(size)
    },
    cancel: () => {
      cancelled = true
    },
  })
  return { source, cancelled: () => cancelled }
}

const openIn = (most: number, source: ReadableStream) =>
  readBuffers(most)(new Response(source)) ?? assert.fail("no body")

const sizesOf = async (source: ReadableStream<Uint8Array>, most: number): Promise<ReadonlyArray<number>> => {
  const reader = openIn(most, source)
  const sizes: Array<number> = []
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return sizes
    sizes.push(value.byteLength)
  }
}

test("readBuffers() reads more at a time while more comes, up to its limit", async () => {
  assert.deepEqual(await sizesOf(byteStream(40_000).source, 10_000), [4096, 10_000, 10_000, 10_000, 5904])
})

test("readBuffers() keeps buffers small where little comes", async () => {
  assert.deepEqual(await sizesOf(byteStream(100).source, 10_000), [100])
})

test("readBuffers() takes the chunks of a stream that is not one of bytes", async () => {
  const source = new ReadableStream<Uint8Array>({
    start: (controller) => {
      controller.enqueue(new Uint8Array(5000))
      controller.enqueue(new Uint8Array(1))
      controller.close()
    },
  })
  assert.deepEqual(await sizesOf(source, 10_000), [5000, 1])
})

test("readBuffers() cancels its source", async () => {
  const { source, cancelled } = byteStream(100)
  await openIn(10_000, source).cancel()
  assert.equal(cancelled(), true)
})
