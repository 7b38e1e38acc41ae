/**
 * What a peer may send (RFC 6455 §5).
 *
 * @module
 */
import { type FrameHead, isControl, longestControl, opcodes } from "./frame-scanner.ts"

/**
 * What is wrong with a frame, by its head; `undefined` if nothing is.
 *
 * @param isMasked whether the peer is a client, whose frames are masked
 * @param isWithin whether a message has begun that no frame has ended
 */
export const headProblem = (
  { opcode, isLast, isReserved, length, mask }: FrameHead,
  isMasked: boolean,
  isWithin: boolean,
): string | undefined => {
  if (isReserved) return "A frame has a reserved bit"
  if ((mask !== undefined) !== isMasked) return "A frame is masked, or not, as it must not be"
  if (isControl(opcode)) {
    const isSound = isLast && length <= longestControl && opcode <= opcodes.pong
    return isSound ? undefined : "A control frame is malformed"
  }
  if (opcode > opcodes.binary) return "A frame has an unknown opcode"
  const continues = opcode === opcodes.continuation
  return continues === isWithin ? undefined : "A message is continued as it must not be"
}

/** What is wrong with a close frame that says nothing, or nothing that it may say. */
export const closeProblem = "A close frame is malformed"
