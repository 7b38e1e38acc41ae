/**
 * The session of a request, for which choices among models are kept: a provider's prompt cache is warm for a
 * conversation only where the conversation has been before.
 *
 * @module
 */
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { callerCredential } from "../auth/caller-credential.ts"
import { hex } from "../bytes/hex.ts"
import type { CallTarget } from "../call/target.ts"
import { sha256Now } from "../redaction/sha256.ts"
import type { Planning } from "./planning.ts"

/** Baseten's header for a conversation, then Cloudflare's: the first that is sent names the session. */
const sessionHeaders = ["x-session-affinity", "cf-aig-session-id"] as const

/** The session of a call: the caller's own name for it, within the gateway and for this caller alone. */
export class Session {
  readonly #parts: ReadonlyArray<unknown>

  constructor(parts: ReadonlyArray<unknown>) {
    this.#parts = parts
  }

  /** A number in [0, 1) that is the same for all requests of the session at this element of a route. */
  share(route: string, element: string): number {
    const [a = 0, b = 0, c = 0, d = 0] = this.#digest("share", route, element)
    return (((a << 24) | (b << 16) | (c << 8) | d) >>> 0) / 2 ** 32
  }

  /** The key under which the model is kept that has answered the session for an alias. */
  key(alias: string): string {
    return `session:${hex(this.#digest("alias", alias))}`
  }

  #digest(...of: ReadonlyArray<string>): Uint8Array {
    return sha256Now(JSON.stringify([...of, ...this.#parts]))
  }
}

/** Who calls: by the gateway token, else by the key that came with the call. */
const identityOf = (
  { caller: { token } }: Planning,
  { headers, tokenHeaders }: CallTarget,
): ReadonlyArray<string> => {
  if (token !== undefined) return token.name === null ? ["digest", hex(token.digest)] : ["name", token.name]
  const own = callerCredential(headers, tokenHeaders)
  return Result.isSuccess(own) && own.success !== undefined
    ? ["key", Redacted.value(own.success.secret)]
    : ["none"]
}

/** The session of a call; `undefined` if it has none, opts out, or its gateway keeps none. */
export const sessionOf = (planning: Planning, target: CallTarget): Session | undefined => {
  const { gateway, exchange } = planning
  if (!gateway.sessionAffinity) return undefined
  // In a universal request, the step's own headers take precedence over the request's.
  const header = (name: string): string => target.headers.get(name) ?? exchange.headers.get(name) ?? ""
  if (header("cf-aig-no-session-affinity").toLowerCase() === "true") return undefined
  const named = sessionHeaders.map(header).find((value) => value !== "")
  if (named === undefined) return undefined
  return new Session([exchange.account, exchange.gateway, identityOf(planning, target), named])
}
