/** Answers a request with a description of itself. */
import { createHash } from "node:crypto"
import { type Answer, json } from "./answer.ts"
import type { Exchange } from "./exchange.ts"

export async function describeRequest(exchange: Exchange): Promise<Answer> {
  const body = await exchange.body.whole()
  return json({
    method: exchange.method,
    path: exchange.path,
    query: exchange.query,
    headers: exchange.headers,
    body_sha256: createHash("sha256").update(body).digest("hex"),
    body_bytes: body.length,
  })
}
