import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { EventScanner } from "../../lib/sse/event-scanner.ts"

const bytesOf = (text: string) => new TextEncoder().encode(text)
const decoder = new TextDecoder("utf-8", { ignoreBOM: true })

/** Pushes a text that is cut at the given places; gives the events, and what is left. */
const scanned = (text: string, places: ReadonlyArray<number> = []) => {
  const bytes = bytesOf(text)
  const cuts = places.map((place) => place % (bytes.length + 1)).sort((one, other) => one - other)
  const scanner = new EventScanner()
  let from = 0
  const whole = [...cuts, bytes.length].map((to) => {
    const chunk = bytes.slice(from, to)
    from = to
    const events = decoder.decode(scanner.push(chunk))
    chunk.fill(0x7b)
    return events
  })
  return { whole, rest: decoder.decode(scanner.rest) }
}

const unified = (text: string) => text.replaceAll(/\r\n?/g, "\n")

const line = fc.constantFrom("data: 1", "data: é", "event: x", ": hi", "id", "\ufeffdata: 2", "")
const lines = fc.array(fc.tuple(line, fc.constantFrom("\n", "\r\n", "\r")), { maxLength: 12 })

test("an event scanner parts what is whole from the rest at a blank line, or behind comments, wherever chunks end", () => {
  let held = 0
  fc.assert(
    fc.property(lines, fc.constantFrom("", "data: 3", ": h"), fc.array(fc.nat()), (lines, last, places) => {
      const text = lines.map(([line, end]) => line + end).join("") + last
      const one = scanned(text)
      const many = scanned(text, places)
      assert.equal(many.whole.join("") + many.rest, text)
      assert.equal(one.whole.join("") + one.rest, text)
      assert.equal(many.rest, one.rest)
      for (const whole of [...one.whole, ...many.whole]) {
        assert.match(unified(whole), /^$|\n\n(?::.*\n)*$|^(?::.*\n|\n)+$/)
      }
      // What is left holds no blank line, and begins with no comment that has ended.
      assert.doesNotMatch(unified(one.rest), /\n\n|^:.*\n|^\n/)
      if (one.rest !== "") held++
    }),
    { numRuns: 3000 },
  )
  assert.ok(held > 500, `${held}`)
})

test("an event scanner gives the very chunk where all of it is whole events", () => {
  const scanner = new EventScanner()
  for (const text of ["data: 1\n\n", "data: 1\r\n\r\ndata: 2\r\n\r\n", "data: 1\r\r", "\n", ": ping\n"]) {
    const chunk = bytesOf(text)
    assert.equal(scanner.push(chunk), chunk)
  }
})
