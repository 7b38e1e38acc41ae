/**
 * Leaves out of the events of a chat's stream what only the gateway asked for: the usage. All other bytes stay as they are.
 *
 * @module
 */
import { eventEnd, lastEventEnd, skipComments } from "../sse/event-bounds.ts"
import { eventCuts } from "./event-cut.ts"
import type { ByteRange } from "./usage-cut.ts"

const LF = 0x0a, CR = 0x0d

/** The bytes without the cuts; the array itself if there are none. V8 takes longer for each view than for a copy. */
const without = (bytes: Uint8Array, cuts: ReadonlyArray<ByteRange>): Uint8Array => {
  if (cuts.length === 0) return bytes
  const rest = bytes.slice()
  let length = cuts[0]?.start ?? 0
  for (let index = 0; index < cuts.length; index++) {
    const from = cuts[index]?.end ?? 0
    const to = cuts[index + 1]?.start ?? bytes.length
    rest.copyWithin(length, from, to)
    length += to - from
  }
  return rest.subarray(0, length)
}

/** Takes whole events: `begin` with them, `remove` where they name a usage, in order, then `take` what is left. */
export class UsageRemover {
  readonly #longest: number
  #cuts: Array<ByteRange> = []
  /** Where the event ends that was looked at last. */
  #end = 0
  /** An event that a CR ended was left out: the LF that may follow goes with it. */
  #dropsLF = false

  /** @param longest the most bytes of an event that is looked at; a longer one goes on as it is */
  constructor(longest: number) {
    this.#longest = longest
  }

  /** Begins with the next events. */
  begin(events: Uint8Array): void {
    this.#end = 0
    if (this.#dropsLF && events[0] === LF) this.#cuts.push({ start: 0, end: 1 })
    this.#dropsLF = false
  }

  /** Leaves out the usage of the event that an index is in. */
  remove(events: Uint8Array, at: number): void {
    if (at <= this.#end) return
    const start = skipComments(events, Math.max(this.#end, lastEventEnd(events, this.#end, at)), 0)
    // A comment may name it, too.
    if (start >= at) return
    const end = this.#end = eventEnd(events, at)
    if (end - start > this.#longest) return
    const cuts = eventCuts(events, start, end)
    this.#cuts.push(...cuts)
    const isAll = cuts[0]?.start === start && cuts[0].end === end
    this.#dropsLF = isAll && end === events.length && events[end - 1] === CR
  }

  /** What is left of the events: they themselves, unless there was a usage. */
  take(events: Uint8Array): Uint8Array {
    if (this.#cuts.length === 0) return events
    const rest = without(events, this.#cuts)
    this.#cuts = []
    return rest
  }

  /** What is left of an event whose end never came. */
  finish(rest: Uint8Array): Uint8Array {
    return rest.length === 0 ? rest : without(rest, eventCuts(rest, 0, rest.length))
  }
}
