import { test } from "node:test"
import { AnswerObserver } from "../../lib/answer/answer-observer.ts"
import { takesInProportion } from "../support/in-proportion.ts"

const bytesOf = (text: string) => new TextEncoder().encode(text)

/** How a stream begins, and what is then sent so many times over, each time as one chunk. */
const streams: Readonly<Record<string, readonly [beginning: string, chunk: string]>> = {
  "an event that never ends": ["data: ", "x".repeat(64)],
  "an event of JSON that never ends": ['data: {"a":"', '"error":\\"'.repeat(6)],
  "one of empty lists": ["data: ", "[".repeat(32) + "]".repeat(32)],
  "one whose brackets only open": ["data: ", '[{"a":'.repeat(10)],
  "one of backslashes": ['data: {"a":"', "\\".repeat(63)],
  "one of short lines": ["data: {\n", "data: 1,\n".repeat(7)],
  "one of short lines that a CR ends": ["data: {\r", "data: 1,\r".repeat(7)],
  "one of names": ["data: 1\n", "event: error\n".repeat(5)],
  "events that all tell of errors": ["", 'data: {"error":"x","usage":{"a":1}}\n\n'],
  "events that all end the stream": ["", 'data: {"type":"message_stop"}\n\n'],
  "events with a usage": ["", 'data: {"usage":{"input_tokens":0,"output_tokens":0}}\n\n'],
  "comments": [":", 'data: {"usage":{'.repeat(3)],
  "comments of their own": ["", ":\n".repeat(32)],
  "blank lines": ["", "\n".repeat(64)],
  "carriage returns": ["data: 1", "\r".repeat(64)],
  "spaces": ["", " ".repeat(64)],
  "JSON": ['{"a":[', '"error",1,{"b":[]},'.repeat(3)],
  "JSON in many roots": ["", '{"error":null}\n{"usage":{}}\n'.repeat(3)],
}

const observe = (beginning: string, chunk: string, chunks: number, removesUsage: boolean): void => {
  const bytes = bytesOf(chunk)
  const observer = new AnswerObserver({ framing: "messages", label: "other", asked: true, removesUsage })
  for (let at = -1; at < chunks; at++) {
    observer.push(at === -1 ? bytesOf(beginning) : bytes)
    observer.form()
  }
  observer.mayEnd()
  observer.error()
  observer.usage()
  observer.outputTokens()
  observer.closing("idle")
  observer.finish()
}

for (const [name, [beginning, chunk]] of Object.entries(streams)) {
  test(`a stream four times as long takes an observer less than six times as long: ${name}`, () => {
    for (const removesUsage of [false, true]) {
      takesInProportion((chunks) => observe(beginning, chunk, chunks, removesUsage), 4000)
    }
  })
}
