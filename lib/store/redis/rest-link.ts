/**
 * Redis over HTTP, as Upstash documents it (upstash.com/docs/redis/features/restapi, 2026-11): a command is a JSON array that
 * is posted, the answer `{"result"}` or, for what Redis refuses, `{"error"}`.
 *
 * By `fetch` alone, so on every runtime. There is nothing to keep between two commands, which a Worker could not.
 *
 * @module
 */
import * as Redacted from "effect/Redacted"
import { RedisError, type RedisLink, type Reply } from "./redis-link.ts"

/** Where the service is. */
export interface RestOptions {
  readonly url: string
  readonly token: Redacted.Redacted<string>
  /** The runtime's own unless given. */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>
}

/** How long an answer is waited for at most, in milliseconds, whether or not anybody still wants it. */
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
    // Too many requests, or a fault of the service: another time it may go well.
    if (response.status >= 429) throw new Error(`status ${response.status}`)
    throw new RedisError(answer.error)
  }
  if (response.status !== 200 || answer?.result === undefined) throw new Error(`status ${response.status}`)
  return answer.result
}

/** Makes the link; nothing is sent yet. */
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
