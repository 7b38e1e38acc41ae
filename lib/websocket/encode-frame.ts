/**
 * Writes frames (RFC 6455 §5.2), each a whole message or a control frame.
 *
 * @module
 */
import { applyMask } from "./frame-mask.ts"

/** Up to this many bytes a frame is one piece: two writes cost more than the copy. */
const smallest = 16_384

const headOf = (opcode: number, length: number, masked: boolean): Uint8Array => {
  const extended = length < 126 ? 0 : length < 65_536 ? 2 : 8
  const head = new Uint8Array(2 + extended + (masked ? 4 : 0))
  const view = new DataView(head.buffer)
  head[0] = 0x80 | opcode
  head[1] = (masked ? 0x80 : 0) | (extended === 0 ? length : extended === 2 ? 126 : 127)
  if (extended === 2) view.setUint16(2, length)
  else if (extended === 8) view.setBigUint64(2, BigInt(length))
  if (masked) crypto.getRandomValues(head.subarray(head.length - 4))
  return head
}

/**
 * A frame in one or two pieces.
 *
 * @param masked whether a client sends it: its payload is then copied, else it may be one of the pieces
 */
export const encodeFrame = (opcode: number, payload: Uint8Array, masked: boolean): Array<Uint8Array> => {
  const head = headOf(opcode, payload.byteLength, masked)
  if (!masked && payload.byteLength > smallest) return [head, payload]
  // The payload begins at a multiple of four, so that it is masked fast; the head stands right before it.
  const start = (head.length + 3) & ~3
  const whole = new Uint8Array(start + payload.byteLength)
  whole.set(head, start - head.length)
  whole.set(payload, start)
  if (masked) applyMask(whole.subarray(start), head.subarray(head.length - 4))
  return [whole.subarray(start - head.length)]
}
