/** The faults a test can ask for, and a strict reader of them: a typing mistake must never pass as "no fault". */
import { isObject, type JsonObject } from "./values.ts"

export type Fault = {
  readonly status?: number
  readonly body?: unknown
  readonly content_type?: string
  readonly headers?: Readonly<Record<string, string | string[]>>
  readonly delay_ms?: number
  /** The answer waits until its case is released (`Simulator.release`). */
  readonly held?: boolean
  readonly hang?: "headers" | "upgrade"
  readonly stall_after?: number
  readonly cut_after?: number
  readonly cut_mid_event?: boolean
  readonly reset?: boolean
  readonly until_close?: boolean
  readonly no_done?: boolean
  readonly error_event?: boolean
  readonly after_done_ms?: number
  readonly crlf?: boolean
  readonly lone_cr?: boolean
  readonly split_bytes?: number
  readonly one_chunk?: boolean
  readonly drip_ms?: number
  readonly huge_bytes?: number
  readonly events?: number
  readonly gzip?: boolean
  /** Content codings, as in the header, in the order in which they are applied. */
  readonly coding?: string
  /**
   * How a given body ends: by the end of its chunks, by a reset, short of its declared length, or by the connection's
   * end alone, which says nothing of whether it is whole.
   */
  readonly ends?: "chunks" | "reset" | "short" | "close"
  readonly short_content_length?: boolean
  readonly redirect?: string
  readonly early?: boolean
  readonly hop_headers?: boolean
  readonly big_header?: number
  /** The bytes of the whole answer, head included, one a character; and what becomes of the connection after them. */
  readonly raw?: string
  readonly then?: "close" | "reset" | "stall"
}

export class FaultMistake extends Error {}

const whole = (lowest: number, highest: number) => (value: unknown) =>
  typeof value === "number" && Number.isInteger(value) && value >= lowest && value <= highest
const count = whole(0, 1e9)
const duration = whole(0, 3_600_000)
const flag = (value: unknown) => typeof value === "boolean"
const string = (value: unknown) => typeof value === "string"
const isHeaderValue = (value: unknown) => string(value) || (Array.isArray(value) && value.every(string))

const accepts: Readonly<Record<keyof Fault, (value: unknown) => boolean>> = {
  status: whole(200, 999),
  body: () => true,
  content_type: string,
  headers: (value) => isObject(value) && Object.values(value).every(isHeaderValue),
  delay_ms: duration,
  held: flag,
  hang: (value) => value === "headers" || value === "upgrade",
  stall_after: count,
  cut_after: count,
  cut_mid_event: flag,
  reset: flag,
  until_close: flag,
  no_done: flag,
  error_event: flag,
  after_done_ms: duration,
  crlf: flag,
  lone_cr: flag,
  split_bytes: whole(1, 1e9),
  one_chunk: flag,
  drip_ms: duration,
  huge_bytes: count,
  events: count,
  gzip: flag,
  coding: string,
  ends: (value) => ["chunks", "reset", "short", "close"].includes(String(value)),
  short_content_length: flag,
  redirect: string,
  early: flag,
  hop_headers: flag,
  big_header: count,
  raw: (value) => typeof value === "string" && /^[\0-\xff]*$/.test(value),
  then: (value) => value === "close" || value === "reset" || value === "stall",
}

export function readFault(value: unknown): Fault {
  if (!isObject(value)) throw new FaultMistake("a fault is a JSON object")
  for (const [key, setting] of Object.entries(value)) {
    if (!Object.hasOwn(accepts, key)) throw new FaultMistake(`unknown key "${key}"`)
    if (!accepts[key as keyof Fault](setting)) {
      throw new FaultMistake(`bad value of "${key}": ${JSON.stringify(setting)}`)
    }
  }
  refuseMeaningless(value)
  return value as Fault
}

function refuseMeaningless(fault: JsonObject) {
  const needs = (key: string, other: string) => {
    if (fault[key] !== undefined && fault[other] === undefined) {
      throw new FaultMistake(`"${key}" needs "${other}"`)
    }
  }
  const excludes = (key: string, other: string) => {
    if (fault[key] && fault[other]) throw new FaultMistake(`"${key}" and "${other}" exclude each other`)
  }
  needs("body", "status")
  needs("ends", "body")
  needs("cut_mid_event", "cut_after")
  needs("raw", "then")
  needs("then", "raw")
  excludes("crlf", "lone_cr")
  excludes("split_bytes", "one_chunk")
  excludes("gzip", "coding")
  // A route's own answer comes after the upload, so only an answer in its place can come before it.
  if (
    fault["early"] && Number(fault["status"] ?? 413) < 400 && fault["body"] === undefined &&
    !fault["redirect"]
  ) {
    throw new FaultMistake('"early" needs a "body" or a "redirect" where "status" is under 400')
  }
}
