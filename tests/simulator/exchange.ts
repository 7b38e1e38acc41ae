/** What a route gets to see of one request. */
import type { IncomingHttpHeaders } from "node:http"
import type { Answer } from "./answer.ts"
import type { Fault } from "./faults.ts"
import type { RequestBody } from "./request-body.ts"
import { parseJson } from "./values.ts"

export type Exchange = {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly headers: IncomingHttpHeaders
  readonly contentType: string
  readonly body: RequestBody
  readonly fault: Fault
}

export type Route = (exchange: Exchange) => Answer | Promise<Answer>

export async function jsonBody(exchange: Exchange): Promise<unknown> {
  return parseJson((await exchange.body.whole()).toString("utf8"))
}
