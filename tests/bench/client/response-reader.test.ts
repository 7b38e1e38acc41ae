import assert from "node:assert/strict"
import { Buffer } from "node:buffer"
import { test } from "node:test"
import fc from "fast-check"
import { responseReader } from "./response-reader.ts"

/** What a reader tells of answers that arrive in the given pieces: status and bytes of each. */
const told = (pieces: ReadonlyArray<Buffer>): ReadonlyArray<readonly [status: number, bytes: number]> => {
  const answers: Array<readonly [number, number]> = []
  let status = 0
  let bytes = 0
  const read = responseReader({
    head: (value) => {
      status = value
      bytes = 0
    },
    body: (count) => bytes += count,
    end: () => answers.push([status, bytes]),
  })
  for (const piece of pieces) read(piece)
  return answers
}

const withLength = (body: string) => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`
const chunked = (chunks: ReadonlyArray<string>) =>
  `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${
    [...chunks.filter((chunk) => chunk !== ""), ""].map((chunk) =>
      `${chunk.length.toString(16)}\r\n${chunk}\r\n`
    )
      .join("")
  }`

const cut = (bytes: Buffer, places: ReadonlyArray<number>): ReadonlyArray<Buffer> => {
  const at = [0, ...places.map((place) => place % bytes.length).toSorted((a, b) => a - b), bytes.length]
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end))
}

test("answers are told one after another, wherever the connection cuts them", () => {
  const text = fc.string({ unit: "binary-ascii", maxLength: 40 })
  const answer = fc.oneof(
    text.map((body) => ({ wire: withLength(body), bytes: body.length })),
    fc.array(text, { maxLength: 4 }).map((chunks) => ({
      wire: chunked(chunks),
      bytes: chunks.join("").length,
    })),
  )
  fc.assert(
    fc.property(fc.array(answer, { minLength: 1, maxLength: 4 }), fc.array(fc.nat()), (answers, places) => {
      const wire = Buffer.from(answers.map((one) => one.wire).join(""), "latin1")
      assert.deepEqual(told(cut(wire, places)), answers.map(({ bytes }) => [200, bytes]))
    }),
  )
})

test("an answer that only the connection's end would end is refused", () => {
  assert.throws(() => told([Buffer.from("HTTP/1.1 200 OK\r\n\r\n")]), /without a length/)
  assert.throws(
    () => told([Buffer.from("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n")]),
    /size/,
  )
})
