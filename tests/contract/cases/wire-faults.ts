/**
 * Whatever a provider's server does on the wire, a call ends: within its clocks, under one name, in one record, and a cut
 * is never passed off as an end.
 */
import assert from "node:assert/strict"
import { request } from "node:http"
import { test } from "node:test"
import { chat, type Configured, eventually, type Harness, json } from "../harness.ts"

/** What these cases need configured. */
export const wireFaultEntries = (): Configured => ({
  entries: { wire: { headers_timeout: 1000, idle_timeout: 500, retry_max_attempts: 1 } },
})

const answer = '{"object":"chat.completion","choices":[]}'
const half = answer.slice(0, 20)
const event = 'data: {"object":"chat.completion.chunk","choices":[{"delta":{"content":"hi"}}]}\n\n'
const end = "data: [DONE]\n\n"
const inChunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`

interface Scenario {
  readonly raw: string
  readonly then: "close" | "reset" | "stall"
  /** Whether the answer is one that a client may take for whole; where it may be either, nothing. */
  readonly whole?: boolean
}

const head = (...lines: ReadonlyArray<string>): string => `${lines.join("\r\n")}\r\n\r\n`
const ok = "HTTP/1.1 200 OK"
const isJson = "content-type: application/json"
const isStream = "content-type: text/event-stream"
const length = `content-length: ${answer.length}`
const hints = head("HTTP/1.1 103 Early Hints", "link: </a>; rel=preload")

const plain: Readonly<Record<string, Scenario>> = {
  "nothing at all": { raw: "", then: "close", whole: false },
  "a reset before the head": { raw: "", then: "reset", whole: false },
  "silence": { raw: "", then: "stall", whole: false },
  "half a head": { raw: `${ok}\r\n${isJson}\r\n`, then: "close", whole: false },
  "half a head and silence": { raw: `${ok}\r\n${isJson}\r\n`, then: "stall", whole: false },
  "what is no HTTP": { raw: "SSH-2.0-OpenSSH_9.9\r\n\r\n", then: "close", whole: false },
  "a status of four digits": { raw: head("HTTP/1.1 2000 OK", length) + answer, then: "stall", whole: false },
  "a switch of protocols": {
    raw: head("HTTP/1.1 101 Switching Protocols", "upgrade: websocket", "connection: upgrade"),
    then: "stall",
    whole: false,
  },
  "hints without an answer": { raw: hints.repeat(3), then: "stall", whole: false },
  "hints and an answer": { raw: hints.repeat(3) + head(ok, isJson, length) + answer, then: "close" },
  "a flood of hints": { raw: hints.repeat(500), then: "close", whole: false },
  "a head alone, reset": { raw: head(ok, isJson, length), then: "reset", whole: false },
  "a head alone and silence": { raw: head(ok, isJson, length), then: "stall", whole: false },
  "less than it said": { raw: head(ok, isJson, length) + half, then: "close", whole: false },
  "less than it said, reset": { raw: head(ok, isJson, length) + half, then: "reset", whole: false },
  "less than it said and silence": { raw: head(ok, isJson, length) + half, then: "stall", whole: false },
  "more than it said": { raw: head(ok, isJson, length) + answer + "HTTP/1.1 200 OK\r\n", then: "close" },
  "a negative length": { raw: head(ok, isJson, "content-length: -1") + answer, then: "close" },
  "two lengths": { raw: head(ok, isJson, length, "content-length: 3") + answer, then: "close" },
  "a length and chunks": {
    raw: head(ok, isJson, "content-length: 3", "transfer-encoding: chunked") + inChunk(answer) + inChunk(""),
    then: "close",
  },
  "a chunk of no size": {
    raw: head(ok, isJson, "transfer-encoding: chunked") + inChunk(half) + "zz\r\n",
    then: "stall",
    whole: false,
  },
  "chunks without an end": {
    raw: head(ok, isJson, "transfer-encoding: chunked") + inChunk(half),
    then: "close",
    whole: false,
  },
  "a head of a megabyte": {
    raw: head(ok, isJson, `x-big: ${"y".repeat(1_000_000)}`, length) + answer,
    then: "close",
  },
  "HTTP/1.0 up to its close": { raw: head("HTTP/1.0 200 OK", isJson) + answer, then: "close", whole: true },
  "204 with a body": { raw: head("HTTP/1.1 204 No Content", length) + answer, then: "close" },
  "304 with a body": { raw: head("HTTP/1.1 304 Not Modified", length) + answer, then: "close" },
}

const streamed: Readonly<Record<string, Scenario>> = {
  "a reset after an event": { raw: head(ok, isStream) + event, then: "reset", whole: false },
  "a close after an event": { raw: head(ok, isStream) + event, then: "close", whole: false },
  "silence after an event": { raw: head(ok, isStream) + event, then: "stall", whole: false },
  "HTTP/1.0 without an end mark": {
    raw: head("HTTP/1.0 200 OK", isStream) + event,
    then: "close",
    whole: false,
  },
  "HTTP/1.0 with an end mark": {
    raw: head("HTTP/1.0 200 OK", isStream) + event + end,
    then: "close",
    whole: true,
  },
  "a chunk of no size after an event": {
    raw: head(ok, isStream, "transfer-encoding: chunked") + inChunk(event) + "zz\r\n",
    then: "stall",
    whole: false,
  },
  "an end mark and a reset": {
    raw: head(ok, isStream, "transfer-encoding: chunked") + inChunk(event + end),
    then: "reset",
  },
  "an end mark and silence": {
    raw: head(ok, isStream, "transfer-encoding: chunked") + inChunk(event + end),
    then: "stall",
    whole: true,
  },
}

interface Seen {
  readonly status: number
  readonly text: string
  /** Whether the answer came to its proper end on the wire. */
  readonly ended: boolean
}

/** One call, and what its client sees, status 0 where that is no answer; fails where it takes longer than all the clocks. */
const call = (url: string, headers: Record<string, string>, body: string): Promise<Seen> =>
  new Promise((resolve, reject) => {
    const sent = request(
      url,
      { method: "POST", headers, agent: false, maxHeaderSize: 2_000_000 },
      (response) => {
        let text = ""
        response.setEncoding("utf8").on("data", (part: string) => text += part).on("error", () => {})
        response.on(
          "close",
          () => resolve({ status: response.statusCode ?? 0, text, ended: response.complete }),
        )
      },
    )
    const late = setTimeout(() => {
      reject(new Error("no answer within the clocks"))
      sent.destroy()
    }, 8000)
    sent.on("close", () => clearTimeout(late)).on(
      "error",
      () => resolve({ status: 0, text: "", ended: false }),
    )
    sent.end(body)
  })

export const wireFaultCases = (harness: Harness): void => {
  const matrix = [["an answer", plain, false], ["a stream", streamed, true]] as const
  for (const [kind, scenarios, stream] of matrix) {
    for (const [name, { raw, then, whole }] of Object.entries(scenarios)) {
      test(`${kind} that is ${name}`, async () => {
        const id = harness.nextCase()
        const order = JSON.stringify({ case: id, fault: { raw, then }, times: 5 })
        await fetch(`${harness.simulator.url}/_simulator/faults`, { method: "POST", body: order })
        const url = `${harness.entry("wire")}/baseten/v1/chat/completions`
        const headers = { ...json, "x-simulator-case": id, "cf-aig-event-id": id }
        const { status, text, ended } = await call(url, headers, chat({ stream }))
        const records = () => harness.configured.records().filter(({ event_id }) => event_id === id)
        await eventually("a record is told", () => records().length > 0)
        let next = await call(url, json, chat())
        // It may go out on the connection of a whole answer just before the end of that is seen.
        if (next.status === 502 && then === "close") next = await call(url, json, chat())
        assert.equal(next.status, 200, "the next call is served")
        assert.equal(records().length, 1)
        const [record] = records()
        const seen = `${status} ${ended} ${JSON.stringify(text.slice(0, 300))} ${record?.["ending"]}`
        // A client that was told of an error, or that sees its answer break off, does not take it for whole.
        const takenForWhole = status > 0 && status < 400 && ended && !text.includes('"error"')
        assert.equal(record?.["ending"] === "complete", takenForWhole, seen)
        if (whole !== undefined) assert.equal(takenForWhole, whole, seen)
        if (status >= 400) assert.ok(status === 502 || status === 504, seen)
        if (takenForWhole && status === 200) {
          assert.equal(text, stream ? event + end : answer, seen)
        }
        await eventually(
          "Baseten's connection is let go",
          () => harness.simulator.requests(id).every(({ outcome }) => outcome !== "open") || then === "stall",
        )
      })
    }
  }
}
