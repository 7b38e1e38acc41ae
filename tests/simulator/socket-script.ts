/** What a test asks of a WebSocket, and a strict reader of it: a typing mistake must never pass as "as usual". */
import type { IncomingMessage } from "node:http"
import { FaultMistake } from "./faults.ts"
import { isObject, parseJson } from "./values.ts"

export type SocketScript = {
  /** Refuses with this status, in Baseten's form unless there is a body. */
  readonly refuse?: number
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Holds the handshake for so many milliseconds, as a cold start does. */
  readonly hold_ms?: number
  /** What it does in place of answering the handshake: nothing, ends the connection, or agrees wrongly. */
  readonly handshake?: "silent" | "cut" | "wrong_accept" | "unasked_protocol" | "unasked_extension"
  /** Sent as text as soon as the socket is open. */
  readonly greet?: string
  /** The bytes that are sent as soon as the socket is open, one a character. */
  readonly raw?: string
  /** Closes with this code, or without one (0), after so many messages (0: at once). */
  readonly close?: number
  readonly reason?: string
  readonly after?: number
  /** Ends the connection without a close frame, after so many messages. */
  readonly cut?: "fin" | "reset" | "within_frame"
  /** Sends so many messages of so many bytes as soon as the socket is open. */
  readonly flood?: number
  readonly size?: number
  /** Echoes in frames of so many bytes. */
  readonly fragment?: number
  /** Sends so many pings as soon as it is open. */
  readonly pings?: number
  /** Reads nothing. */
  readonly deaf?: boolean
  /** Takes messages, and answers none of them. */
  readonly mute?: boolean
  /** Answers no close frame, and keeps the connection. */
  readonly clings?: boolean
}

const isText = (value: unknown) => typeof value === "string"
const isCount = (value: unknown) => typeof value === "number" && Number.isInteger(value) && value >= 0
const isFlag = (value: unknown) => typeof value === "boolean"
const oneOf = (...names: ReadonlyArray<string>) => (value: unknown) => names.includes(String(value))

const accepts: Readonly<Record<keyof SocketScript, (value: unknown) => boolean>> = {
  refuse: isCount,
  body: isText,
  headers: isObject,
  hold_ms: isCount,
  handshake: oneOf("silent", "cut", "wrong_accept", "unasked_protocol", "unasked_extension"),
  greet: isText,
  raw: isText,
  close: isCount,
  reason: isText,
  after: isCount,
  cut: oneOf("fin", "reset", "within_frame"),
  flood: isCount,
  size: isCount,
  fragment: isCount,
  pings: isCount,
  deaf: isFlag,
  mute: isFlag,
  clings: isFlag,
}

/** From the header `x-simulator-socket`, or, since pages can send none, the query's `socket`. */
export function scriptOf(request: IncomingMessage): SocketScript {
  const header = request.headers["x-simulator-socket"]
  const text = typeof header === "string"
    ? header
    : new URL(request.url ?? "/", "http://host").searchParams.get("socket")
  const script = text === null ? {} : parseJson(text)
  if (!isObject(script)) throw new FaultMistake("x-simulator-socket: a script is a JSON object")
  for (const [key, value] of Object.entries(script)) {
    if (!Object.hasOwn(accepts, key) || !accepts[key as keyof SocketScript](value)) {
      throw new FaultMistake(`x-simulator-socket: "${key}" is unknown, or has a bad value`)
    }
  }
  return script as SocketScript
}
