/** Event streams: what is whole, whatever the chunks. */
import assert from "node:assert/strict"
import { Buffer } from "node:buffer"
import { EventScanner } from "../../../lib/sse/event-scanner.ts"
import { chunksOf } from "../random.ts"
import type { Target } from "../target.ts"

export const events: Target = {
  name: "events",
  corpus: [
    'data: {"choices":[{"delta":{"content":"a"}}]}\n\ndata: [DONE]\n\n',
    "event: message_start\r\ndata: {}\r\n\r\n: ping\r\n\r\nevent: message_stop\r\ndata: {}\r\n\r\n",
    "\ufeffid: 1\rdata: a\rdata: b\r\rretry: 5\r\r: comment\r",
  ],
  words: ["data: ", "data", "event: x\n", "\n\n", "\r\n\r\n", "\r\r", ":", ": a\n", "[DONE]"],
  check: (input, random) => {
    const scan = (chunks: ReadonlyArray<Uint8Array>) => {
      const scanner = new EventScanner()
      const whole = chunks.map((chunk) => scanner.push(chunk).slice())
      return { whole: Buffer.concat(whole), rest: Buffer.from(scanner.rest) }
    }
    const one = scan([input]), many = scan(chunksOf(input, random))
    assert.deepEqual(Buffer.concat([many.whole, many.rest]), Buffer.from(input))
    assert.deepEqual(many, one)
  },
}
