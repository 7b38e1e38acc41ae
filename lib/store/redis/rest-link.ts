/**
 * Redis over HTTP, as Upstash documents it (upstash.com/docs/redis/features/restapi, 2026-11): a command is posted as
 * a JSON array, and the answer is `{"result"}`, or `{"error"}` if Redis refuses.
 *
 * Uses `fetch` alone, and so runs on every runtime. Nothing is kept between two commands, which a Worker could not
 * do.
 *
 * @module
 */
import * as Redacted from "effect/Redacted"
import { RedisError, type RedisLink, type Reply } from "./redis-link.ts"

/** Where the service is. */
export interface RestOptions {
  readonly url: string
  readonly token: Redacted.Redacted<string>
  /** The runtime's own by default. */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>
}

/** The time limit of a request, in milliseconds, whether or not its caller still waits. */
const patience = 10_000

const answerOf = async (response: Response): Promise<Reply> => {
  const text = await response.text()
  let answer: { readonly result?: Reply; readonly error?: unknown }
  try {
    answer = JSON.parse(text) as typeof answer
  } catch {
    throw new Error(`status ${response.status}`)
  }
  if (typeof answer?.error === "string") {
    // Too many requests, or a fault of the service: a retry may succeed.
    if (response.status >= 429) throw new Error(`status ${response.status}`)
    throw new RedisError(answer.error)
  }
  if (response.status !== 200 || answer?.result === undefined) throw new Error(`status ${response.status}`)
  return answer.result
}

/** Creates the link, without sending anything. */
export const makeRestLink = (
  { url, token, fetch: send = (url, init) => fetch(url, init) }: RestOptions,
): RedisLink => {
  const headers = { authorization: `Bearer ${Redacted.value(token)}`, "content-type": "application/json" }
  return {
    name: new URL(url).origin,
    inOrder: false,
    send: async (command) =>
      answerOf(
        await send(url, {
          method: "POST",
          headers,
          body: JSON.stringify(command),
          redirect: "manual",
          signal: AbortSignal.timeout(patience),
        }),
      ),
    reset: () => {},
    close: () => {},
  }
}
