/**
 * How a WebSocket says why it closes (RFC 6455 §7.4).
 *
 * @module
 */

/** Codes with a meaning of their own here. */
export const closeCodes = {
  goingAway: 1001,
  protocolError: 1002,
  /** Stands for a close frame without a code; never sent. */
  none: 1005,
  /** Stands for an end without a close frame; never sent. */
  abnormal: 1006,
  notUtf8: 1007,
  policy: 1008,
  tooBig: 1009,
  /** What is behind this server broke off (IANA's registry: bad gateway). */
  badGateway: 1014,
} as const

/** Whether a close frame may have this code. */
export const isSendable = (code: number): boolean =>
  (code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006) ||
  (code >= 3000 && code <= 4999)

/** Why a socket closed. */
export interface Closing {
  readonly code: number
  readonly reason: string
}

const encoder = new TextEncoder()
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/** The longest reason, in bytes: a control frame has 125, two of them are the code's. */
const longestReason = 123

/** The payload of a close frame; empty for a code that is never sent. */
export const closePayload = ({ code, reason }: Closing): Uint8Array => {
  if (!isSendable(code)) return new Uint8Array(0)
  const payload = new Uint8Array(2 + longestReason)
  payload[0] = code >> 8
  payload[1] = code & 0xff
  // Cuts no character in two.
  const { written } = encoder.encodeInto(reason, payload.subarray(2))
  return payload.subarray(0, 2 + written)
}

/** What a close frame says; `undefined` if its payload is malformed. */
export const readClosing = (payload: Uint8Array): Closing | undefined => {
  if (payload.byteLength === 0) return { code: closeCodes.none, reason: "" }
  if (payload.byteLength === 1) return undefined
  const code = ((payload[0] as number) << 8) | (payload[1] as number)
  if (!isSendable(code)) return undefined
  try {
    return { code, reason: decoder.decode(payload.subarray(2)) }
  } catch {
    return undefined
  }
}
