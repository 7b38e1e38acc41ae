/** What a customer's own model does with a call: the first letters of its id choose. */
import { Buffer } from "node:buffer"
import { createHash } from "node:crypto"
import { type Answer, byteStream, eventStream, json, whole } from "./answer.ts"
import { dedicatedError } from "./errors.ts"
import { type Exchange, jsonBody } from "./exchange.ts"
import { answerText, splitText } from "./reply.ts"
import { dataEvent, doneEvent } from "./sse.ts"
import { countIn, objectIn, parseJson, textIn } from "./values.ts"

export async function predict(id: string, exchange: Exchange): Promise<Answer> {
  const behaviour = behaviours.find(([prefix]) => id.startsWith(prefix))?.[1] ?? echoJson
  return await behaviour(exchange)
}

const behaviours: readonly [string, (exchange: Exchange) => Promise<Answer> | Answer][] = [
  ["json", echoJson],
  ["text", streamText],
  ["bin", sendBinary],
  ["echo", echoBytes],
  ["sse", streamHandWrittenEvents],
  ["size", streamSize],
  ["sink", swallow],
]

/** Streams leave under this type whatever they hold, so nobody can tell a stream by its content type. */
const streamType = "application/octet-stream"

async function echoJson(exchange: Exchange): Promise<Answer> {
  if (!/^application\/(?:.*\+)?json\b/i.test(exchange.contentType)) return await swallow(exchange)
  const body = await exchange.body.whole()
  if (parseJson(body.toString("utf8")) === undefined) {
    return dedicatedError(400, "Request body is not valid JSON")
  }
  return whole(body, "application/json")
}

async function spokenText(exchange: Exchange): Promise<string[]> {
  const input = objectIn(await jsonBody(exchange))
  return splitText(answerText(textIn(input["prompt"]) ?? "nothing"), exchange.fault.events)
}

async function streamText(exchange: Exchange): Promise<Answer> {
  const parts = await spokenText(exchange)
  return byteStream(parts.map((part) => Buffer.from(part)), streamType)
}

async function streamHandWrittenEvents(exchange: Exchange): Promise<Answer> {
  const parts = await spokenText(exchange)
  return eventStream([...parts.map((part) => dataEvent({ text: part })), doneEvent], {}, streamType)
}

function sendBinary(): Answer {
  return whole(generated(64 * 1024), streamType)
}

function echoBytes(exchange: Exchange): Answer {
  return byteStream(exchange.body.chunks(), exchange.contentType === "" ? streamType : exchange.contentType)
}

async function swallow(exchange: Exchange): Promise<Answer> {
  const hash = createHash("sha256")
  let bytes = 0
  for await (const chunk of exchange.body.chunks()) {
    hash.update(chunk)
    bytes += chunk.length
  }
  return json({ bytes, sha256: hash.digest("hex"), content_type: exchange.contentType })
}

async function streamSize(exchange: Exchange): Promise<Answer> {
  const input = objectIn(await jsonBody(exchange))
  const bytes = countIn(input["bytes"])
  const chunk = countIn(input["chunk"]) ?? 64 * 1024
  if (bytes === undefined || chunk === 0) return dedicatedError(400, "bytes and chunk must be whole numbers")
  return byteStream(generatedChunks(bytes, Math.min(chunk, 16 * 1024 * 1024)), streamType)
}

/** Byte `i` is `(i * 31 + 7) mod 256`, so any part of it can be checked without the rest. */
export function generated(length: number, from = 0): Buffer {
  const bytes = Buffer.allocUnsafe(length)
  for (let at = 0; at < length; at += 1) bytes[at] = ((from + at) * 31 + 7) & 255
  return bytes
}

function* generatedChunks(total: number, size: number): Generator<Uint8Array> {
  // The pattern repeats every 256 bytes: one prepared block serves every chunk.
  const block = generated(size + 256)
  for (let from = 0; from < total; from += size) {
    const start = from % 256
    yield block.subarray(start, start + Math.min(size, total - from))
  }
}
