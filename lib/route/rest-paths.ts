/**
 * Cloudflare's REST surface: `/client/v4/accounts/{account}/ai/…`, one base URL for the SDKs of OpenAI and Anthropic.
 *
 * These paths name an account and a call; the gateway stands in a header, the provider in the body's model.
 *
 * @module
 */
import * as Result from "effect/Result"
import { badRequest, type GatewayError } from "../errors.ts"
import type { HeaderReader } from "../headers/header-reader.ts"
import type { Framing } from "../sse/framing.ts"
import { withoutEmptySegments } from "./path-spelling.ts"
import type { GatewayPlace } from "./paths.ts"

/** A call of the REST surface. */
export interface RestCall {
  readonly account: string
  /** For records. */
  readonly name: string
  /** The path of Model APIs that it is. */
  readonly path: string
  readonly framing?: Framing
  /** Whether the body is Cloudflare's `{model, input}`, and the answer its `{state, result}`. */
  readonly runs: boolean
  /** Whether the gateway itself answers. */
  readonly counts?: boolean
}

const calls: Readonly<Record<string, Omit<RestCall, "account">>> = {
  "v1/chat/completions": {
    name: "rest.chat.completions",
    path: "/v1/chat/completions",
    framing: "chat",
    runs: false,
  },
  "v1/responses": { name: "rest.responses", path: "/v1/responses", framing: "responses", runs: false },
  "v1/messages": { name: "rest.messages", path: "/v1/messages", framing: "messages", runs: false },
  "v1/messages/count_tokens": {
    name: "rest.messages.count_tokens",
    path: "/v1/messages/count_tokens",
    runs: false,
    counts: true,
  },
  "run": { name: "rest.run", path: "/v1/chat/completions", framing: "chat", runs: true },
}

const pattern = /^\/client\/v4\/accounts\/([\w-]{1,64})\/ai\/(.+)$/

/** The call of a path; `undefined` if the path is not on the REST surface. */
export const restCall = (path: string): RestCall | undefined => {
  const [, account = "", below = ""] = pattern.exec(withoutEmptySegments(path)) ?? []
  const call = Object.hasOwn(calls, below) ? calls[below] : undefined
  return call && { account, ...call }
}

/** The header that names the gateway, and the one that is meant if it is not there, or empty. */
const gatewayHeader = "cf-aig-gateway-id"
const defaultGateway = "default"

/** The gateway of a call. Fails with `bad_request` if the header cannot be an id. */
export const restPlace = (
  { account }: RestCall,
  headers: HeaderReader,
): Result.Result<GatewayPlace, GatewayError> => {
  const gateway = headers.get(gatewayHeader)?.trim() || defaultGateway
  return /^[\w-]{1,64}$/.test(gateway)
    ? Result.succeed({ account, gateway })
    : Result.fail(badRequest(`Cannot read ${gatewayHeader}. Send the id of one gateway of the account.`))
}
