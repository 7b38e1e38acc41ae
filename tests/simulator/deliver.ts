/** Sends an answer over the wire, and does there what a fault asks for: pauses, odd writes, stalls and cuts. */
import { Buffer } from "node:buffer"
import type { Answer, Body } from "./answer.ts"
import type { Fault } from "./faults.ts"
import { withHeaders } from "./headers.ts"
import type { Link } from "./link.ts"
import type { RequestBody } from "./request-body.ts"
import { piecesOf } from "./reshape.ts"

type Delivery = {
  readonly link: Link
  readonly requestBody: RequestBody
  readonly method: string
  readonly fault: Fault
}

const missingBytes = 64

export async function deliver(answer: Answer, delivery: Delivery): Promise<void> {
  const { link, fault, method } = delivery
  const { body } = answer
  if (fault.ends !== undefined && body.kind === "whole") {
    return await deliverGiven(answer, body.bytes, delivery)
  }
  if (fault.until_close === true) {
    link.sendHead(answer, true)
  } else if (body.kind === "whole") {
    const length = body.bytes.length + (fault.short_content_length === true ? missingBytes : 0)
    link.sendHead(withHeaders(answer, { "Content-Length": String(length) }))
  } else if (body.kind === "empty") {
    const mayHaveLength = answer.status !== 204 && answer.status !== 304
    link.sendHead(mayHaveLength ? withHeaders(answer, { "Content-Length": "0" }) : answer)
  } else {
    link.sendHead(answer)
  }
  if (body.kind === "empty" || method === "HEAD") return await link.end()
  if (body.kind === "whole" && !isPaced(fault)) return await link.end(body.bytes)
  await deliverPieces(body, delivery)
}

/** A body that ends, or does not, as a fault says. */
async function deliverGiven(answer: Answer, bytes: Buffer, { link, fault }: Delivery): Promise<void> {
  const { ends } = fault
  link.sendHead(
    ends === "short"
      ? withHeaders(answer, { "Content-Length": String(bytes.length + missingBytes) })
      : answer,
    ends === "close",
  )
  if (bytes.length > 0) {
    const writer = createWriter(link, fault.split_bytes)
    await writer.write(bytes)
    await writer.flush()
  }
  if (ends === "reset" || ends === "short") await link.cut(ends === "reset")
  else await link.end()
}

function isPaced(fault: Fault): boolean {
  return [fault.stall_after, fault.cut_after, fault.drip_ms, fault.split_bytes].some((key) =>
    key !== undefined
  ) ||
    fault.short_content_length === true
}

async function deliverPieces(body: Body, { link, requestBody, fault }: Delivery): Promise<void> {
  const writer = createWriter(link, fault.split_bytes)
  const stallAfter = reachable(fault.stall_after, body)
  const cutAfter = reachable(fault.cut_after, body)
  const cut = async (next?: Uint8Array) => {
    if (next !== undefined && fault.cut_mid_event === true) {
      await writer.write(next.subarray(0, Math.ceil(next.length / 2)))
    }
    await writer.flush()
    await link.cut(fault.reset === true)
  }
  const stall = async () => {
    await writer.flush()
    // An unread upload would hide the peer's leaving.
    requestBody.drain().catch(() => undefined)
    await link.untilPeerLeaves()
  }

  let sent = 0
  for await (const piece of body.kind === "whole" ? quarters(body.bytes) : piecesOf(body)) {
    if (sent === stallAfter) return await stall()
    if (sent === cutAfter) return await cut(piece)
    if (sent > 0 && fault.drip_ms !== undefined) await link.sleep(fault.drip_ms)
    await writer.write(piece)
    sent += 1
  }
  // A stream shorter than the number asked for still stalls or breaks: a fault must never quietly not happen.
  if (stallAfter !== undefined) return await stall()
  if (cutAfter !== undefined || fault.short_content_length === true) return await cut()
  await writer.flush()
  if (fault.after_done_ms !== undefined) await link.sleep(fault.after_done_ms)
  await link.end()
}

/** A body with a Content-Length counts as four chunks, and its last one must not arrive for a fault to be one. */
function reachable(after: number | undefined, body: Body): number | undefined {
  return after === undefined || body.kind !== "whole" ? after : Math.min(after, 3)
}

function quarters(bytes: Buffer): Uint8Array[] {
  const at = [0, 1, 2, 3, 4].map((part) => Math.floor(bytes.length * part / 4))
  return [0, 1, 2, 3].map((part) => bytes.subarray(at[part], at[part + 1]))
}

type Writer = { write(bytes: Uint8Array): Promise<void>; flush(): Promise<void> }

/** With a size, writes ignore where events end: the remainder of one goes out with the start of the next. */
function createWriter(link: Link, size: number | undefined): Writer {
  if (size === undefined) return { write: (bytes) => link.write(bytes), flush: () => Promise.resolve() }
  let parts: Array<Uint8Array> = []
  let held = 0
  return {
    write: async (bytes) => {
      parts.push(bytes)
      held += bytes.length
      if (held < size) return
      const all = parts.length === 1 ? bytes : Buffer.concat(parts)
      let at = 0
      for (; all.length - at >= size; at += size) await link.write(all.subarray(at, at + size))
      held = all.length - at
      parts = held === 0 ? [] : [all.subarray(at)]
    },
    flush: async () => {
      if (held > 0) await link.write(Buffer.concat(parts))
      parts = []
      held = 0
    },
  }
}
