/**
 * The interface for observing, and ending, the relay of a WebSocket.
 *
 * @module
 */
import type { Ending } from "../record/request-record.ts"
import { closeCodes, type Closing } from "../websocket/close-codes.ts"

/** One side of a socket. */
export type Side = "client" | "provider"

/** Watches a relay. */
export interface SocketWatch {
  /** A side has sent a number of message bytes, with which `messages` messages were completed. */
  readonly passed: (from: Side, bytes: number, messages: number) => void
  /** Something has come, even if only a ping. */
  readonly alive: () => void
  /** Called once, when the socket has ended. `error` is the complaint of a close code. */
  readonly ended: (ending: Ending, error: string | null) => void
}

/** A running relay. */
export interface SocketRelay {
  /** Ends both sides, with the same close frame. */
  readonly end: (ending: Ending, closing: Closing) => void
}

/** The number of bytes that may wait for a side before reading from the other one is paused. */
export const mostWaiting = 1_048_576

/** The number that may wait if the other side cannot be paused; beyond that the socket ends. */
export const mostHeld = 33_554_432

/** The close frame for each side if the other is gone without one. */
export const afterLoss: Record<Side, Closing> = {
  client: { code: closeCodes.goingAway, reason: "The client has left" },
  provider: { code: closeCodes.badGateway, reason: "The connection to the provider broke off" },
}

/** The close frame for both if one of them does not read. */
export const afterFlood: Record<Side, Closing> = {
  client: { code: closeCodes.policy, reason: "The provider does not read what the client sends" },
  provider: { code: closeCodes.policy, reason: "The client does not read what the provider sends" },
}

/** Close codes for a failure of the server or the client. Those of applications, from 3000 on, may mean anything. */
const isComplaint = (code: number): boolean => code >= 1002 && code <= 1014 && code !== 1005 && code !== 1006

/** A provider's complaint in its close frame, in at most 200 characters. */
export const complaintOf = (from: Side, { code, reason }: Closing): string | null =>
  from === "provider" && isComplaint(code)
    ? `closed with ${code}${reason === "" ? "" : `: ${reason}`}`.slice(0, 200).toWellFormed()
    : null
