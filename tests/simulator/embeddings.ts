/** `POST …/sync/v1/embeddings`: small deterministic vectors. */
import { Buffer } from "node:buffer"
import { type Answer, json } from "./answer.ts"
import { dedicatedError } from "./errors.ts"
import { type Exchange, jsonBody } from "./exchange.ts"
import { countIn, objectIn, textIn } from "./values.ts"

const mostItems = 128

export async function embeddings(exchange: Exchange): Promise<Answer> {
  const body = objectIn(await jsonBody(exchange))
  const input = body["input"]
  const items: unknown[] = typeof input === "string" ? [input] : Array.isArray(input) ? input : []
  if (items.length === 0) return dedicatedError(400, "input must be a string or a list that is not empty")
  if (items.length > mostItems) return dedicatedError(413, `At most ${mostItems} items in one call`)
  const dimensions = countIn(body["dimensions"]) ?? 8
  const asBase64 = body["encoding_format"] === "base64"
  const texts = items.map((item) => textIn(item) ?? JSON.stringify(item))
  const tokens = texts.reduce((sum, text) => sum + Math.ceil(text.length / 4), 0)
  return json({
    object: "list",
    model: textIn(body["model"]) ?? "model",
    data: texts.map((text, index) => {
      const vector = vectorOf(text, dimensions)
      return { object: "embedding", index, embedding: asBase64 ? base64Of(vector) : [...vector] }
    }),
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  })
}

function vectorOf(text: string, dimensions: number): Float32Array {
  let state = 17
  for (const point of text) state = (state * 31 + (point.codePointAt(0) ?? 0)) % 65521
  return Float32Array.from({ length: dimensions }, (_, at) => ((state + at * 7919) % 2048) / 1024 - 1)
}

function base64Of(vector: Float32Array): string {
  return Buffer.from(vector.buffer).toString("base64")
}
