import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { eventData, EventTooLong } from "../lib/event-data.ts"

const bytesOf = (text: string) => new TextEncoder().encode(text)

const streamOf = (chunks: Iterable<Uint8Array>) => {
  const iterator = chunks[Symbol.iterator]()
  return new ReadableStream<Uint8Array>({
    pull: (controller) => {
      const { done, value } = iterator.next()
      if (done === true) controller.close()
      else controller.enqueue(value)
    },
  }, { highWaterMark: 0 })
}

/** The data of a text's events, the text in pieces of the given sizes, over and over. */
const dataOf = async (text: string, sizes: ReadonlyArray<number> = [], longest?: number) => {
  const bytes = bytesOf(text)
  const chunks: Array<Uint8Array> = []
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? bytes.length
    chunks.push(bytes.subarray(at, at + size))
    at += size
  }
  const all: Array<string> = []
  for await (const data of eventData(streamOf(chunks), longest)) all.push(data)
  return all
}

const text =
  "\ufeffretry: 5\nid: 1\nevent: x\ndata: {é 🌍\ndata:b}\n\n: ping\n\ndata\n\ndata: 2\n\nevent: y\n\n"
const events = ["{é 🌍\nb}", "2"]

test("eventData() reads the same events however they are split and whatever ends their lines", async () => {
  await fc.assert(fc.asyncProperty(
    fc.array(fc.integer({ min: 1, max: 9 })),
    fc.constantFrom("\n", "\r\n", "\r"),
    async (sizes, newline) => {
      assert.deepEqual(await dataOf(text.replaceAll("\n", newline), sizes), events)
    },
  ))
})

for (const rest of ["data: 3", "data: 3\n", "data: 3\r", "da"]) {
  test(`what a stream ends within is no event (${JSON.stringify(rest)})`, async () => {
    assert.deepEqual(await dataOf(text + rest), events)
  })
}

for (const line of ["data: " + "x".repeat(100), "data: x\n".repeat(20), "x".repeat(101)]) {
  test(`an event that is too long is an error, and none before it is lost (${line.slice(0, 9)}…)`, async () => {
    const seen: Array<string> = []
    await assert.rejects(async () => {
      for await (const data of eventData(streamOf([bytesOf(`data: 1\n\n${line}`)]), 100)) seen.push(data)
    }, EventTooLong)
    assert.deepEqual(seen, ["1"])
  })
}

test("an unfinished event costs time in proportion to its length", async () => {
  const timeOf = async (chunks: number): Promise<number> => {
    const chunk = bytesOf("x".repeat(64))
    const start = performance.now()
    for await (const _ of eventData(streamOf(Array<Uint8Array>(chunks).fill(chunk))));
    return performance.now() - start
  }
  await timeOf(1000)
  const least = async (chunks: number) =>
    Math.min(await timeOf(chunks), await timeOf(chunks), await timeOf(chunks))
  const ratio = await least(40_000) / await least(10_000)
  assert.ok(ratio < 6, `four times the chunks took ${ratio} times the time`)
})
