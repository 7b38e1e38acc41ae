/** Frames as a server writes and reads them: its own code, so that the gateway's is not tested by itself. */
import { Buffer } from "node:buffer"

export type ClientFrame = { readonly opcode: number; readonly isLast: boolean; readonly payload: Buffer }

export function serverFrame(opcode: number, payload: Buffer | string, isLast = true): Buffer {
  const bytes = Buffer.from(payload as string)
  const first = (isLast ? 0x80 : 0) | opcode
  if (bytes.length < 126) return Buffer.concat([Buffer.from([first, bytes.length]), bytes])
  const head = Buffer.alloc(bytes.length < 65_536 ? 4 : 10)
  head[0] = first
  head[1] = bytes.length < 65_536 ? 126 : 127
  if (bytes.length < 65_536) head.writeUInt16BE(bytes.length, 2)
  else head.writeBigUInt64BE(BigInt(bytes.length), 2)
  return Buffer.concat([head, bytes])
}

export function closeFrame(code: number, reason = ""): Buffer {
  if (code === 0) return serverFrame(8, "")
  const payload = Buffer.alloc(2)
  payload.writeUInt16BE(code)
  return serverFrame(8, Buffer.concat([payload, Buffer.from(reason)]))
}

/** Takes chunks, and calls back with each whole frame of a client; throws on one that is not masked. */
export function frameReader(onFrame: (frame: ClientFrame) => void): (chunk: Buffer) => void {
  let held: Buffer[] = []
  let size = 0
  let needed = 2
  return (chunk) => {
    held.push(chunk)
    size += chunk.length
    while (size >= needed) {
      const all = Buffer.concat(held)
      held = [all]
      const short = (all[1] ?? 0) & 0x7f
      const start = 2 + (short === 126 ? 2 : short === 127 ? 8 : 0) + 4
      needed = start
      if (size < needed) return
      if (((all[1] ?? 0) & 0x80) === 0) throw new Error("a frame of the gateway is not masked")
      const length = short === 126
        ? all.readUInt16BE(2)
        : short === 127
        ? Number(all.readBigUInt64BE(2))
        : short
      needed = start + length
      if (size < needed) return
      const payload = Buffer.from(all.subarray(start, needed))
      for (let at = 0; at < length; at++) payload[at] = (payload[at] ?? 0) ^ (all[start - 4 + at % 4] ?? 0)
      const rest = all.subarray(needed)
      held = [rest]
      size = rest.length
      needed = 2
      onFrame({ opcode: (all[0] ?? 0) & 0x0f, isLast: ((all[0] ?? 0) & 0x80) !== 0, payload })
    }
  }
}
