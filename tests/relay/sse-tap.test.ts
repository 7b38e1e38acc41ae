import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import type { Framing } from "../../lib/framing.ts"
import { sseTap } from "../../lib/relay/sse-tap.ts"

const bytesOf = (text: string) => new TextEncoder().encode(text)

/** Pushes a text through a tap, cut at the given places. */
const pushed = (framing: Framing, text: string, cuts: ReadonlyArray<number> = []) => {
  const tap = sseTap(framing)
  const bytes = bytesOf(text)
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b)
  let from = 0
  for (const to of [...places, bytes.length]) {
    tap.push(bytes.subarray(from, to))
    from = to
  }
  return tap
}

const whole: Record<Framing, string> = {
  chat: 'data: {"choices":[{"delta":{"content":"[DONE] é 🌍"}}]}\n\ndata: [DONE]\n\n',
  messages: 'event: content_block_delta\ndata: {"x":"message_stop"}\n\nevent: message_stop\ndata: {}\n\n',
  responses:
    'event: response.created\ndata: {}\n\nevent: response.completed\ndata: {"type":"response.completed"}\n\n',
}

for (const framing of ["chat", "messages", "responses"] as const) {
  test(`sseTap() knows the end of ${framing} however it is split and whatever ends its lines`, () => {
    fc.assert(fc.property(fc.array(fc.nat()), fc.constantFrom("\n", "\r\n", "\r"), (cuts, newline) => {
      const text = whole[framing].replaceAll("\n", newline)
      assert.equal(pushed(framing, text, cuts).isComplete(), true)
      const withoutEnd = text.slice(
        0,
        text.search(/data: \[DONE\]|event: message_stop|event: response\.completed/),
      )
      assert.equal(pushed(framing, withoutEnd, cuts).isComplete(), false)
    }))
  })
}

test("sseTap() takes an end mark whose line break never came", () => {
  assert.equal(pushed("chat", "data: {}\n\ndata: [DONE]").isComplete(), true)
})

for (const newline of ["\n", "\r\n"]) {
  test(`closing() starts an event of its own wherever the stream broke off (${JSON.stringify(newline)})`, () => {
    const text = `data: {"a":1}${newline}${newline}data: {"b":2}${newline}${newline}`
    fc.assert(fc.property(fc.nat(text.length), (at) => {
      const closing = pushed("chat", text.slice(0, at)).closing("upstream_cut")
      const lines = (text.slice(0, at) + new TextDecoder().decode(closing)).split(/\r\n|\n|\r/)
      const error = lines.findIndex((line) => line.startsWith('data: {"error"'))
      assert.ok(error === 0 || lines[error - 1] === "")
    }))
  })
}

test("closing() adds nothing where Baseten reported the failure itself", () => {
  assert.equal(pushed("chat", 'data: {"error":{"message":"x"}}\n\n').closing("upstream_cut"), undefined)
})
