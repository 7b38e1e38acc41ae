/** What a route gives back: a status, headers and one of four kinds of body. Faults work on this value. */
import { Buffer } from "node:buffer"

export type HeaderMap = Record<string, string | string[]>

/** `last` marks the event that tells a client the stream is complete. */
export type SseEvent = { readonly text: string; readonly last?: true }

export type Chunks = Iterable<Uint8Array> | AsyncIterable<Uint8Array>

export type Body =
  | { readonly kind: "empty" }
  | { readonly kind: "whole"; readonly bytes: Buffer }
  | { readonly kind: "events"; readonly events: Iterable<SseEvent> }
  | { readonly kind: "chunks"; readonly chunks: Chunks }

export type Answer = { readonly status: number; readonly headers: HeaderMap; readonly body: Body }

export function json(value: unknown, status = 200, headers: HeaderMap = {}): Answer {
  return whole(Buffer.from(JSON.stringify(value)), "application/json", status, headers)
}

export function text(value: string, status = 200, headers: HeaderMap = {}): Answer {
  return whole(Buffer.from(value), "text/plain; charset=utf-8", status, headers)
}

export function whole(bytes: Buffer, contentType: string, status = 200, headers: HeaderMap = {}): Answer {
  return { status, headers: { "Content-Type": contentType, ...headers }, body: { kind: "whole", bytes } }
}

export function empty(status: number, headers: HeaderMap = {}): Answer {
  return { status, headers, body: { kind: "empty" } }
}

export function eventStream(
  events: Iterable<SseEvent>,
  headers: HeaderMap = {},
  contentType = "text/event-stream",
): Answer {
  const streamHeaders = { "Content-Type": contentType, "Cache-Control": "no-cache", ...headers }
  return { status: 200, headers: streamHeaders, body: { kind: "events", events } }
}

export function byteStream(chunks: Chunks, contentType: string): Answer {
  return { status: 200, headers: { "Content-Type": contentType }, body: { kind: "chunks", chunks } }
}

/** A refusal found deep inside a route; the server sends its answer. */
export class Refused extends Error {
  readonly answer: Answer
  constructor(answer: Answer) {
    super(`refused with ${answer.status}`)
    this.answer = answer
  }
}
