/**
 * Which credential a provider sees, and which headers are forwarded.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Result from "effect/Result"
import { Settings } from "../config/Settings.ts"
import type { GatewayError } from "../errors.ts"
import type { Awaitable } from "../time/awaitable.ts"
import { type Forwarded, forwardedHeaders, type ForwardInput } from "./forwarded-headers.ts"

/** What `AuthForwarder` does. */
export interface AuthForwarderShape {
  /**
   * Makes the headers of a call to a provider. Fails with `unauthorized` if there is no key that may be used, with
   * `unknown_key_alias`, with `bad_request` if a header has more than one key, or with `loop`.
   */
  readonly forward: (input: ForwardInput) => Awaitable<Result.Result<Forwarded, GatewayError>>
}

const AuthForwarderKey: Context.ServiceClass<
  AuthForwarder,
  "basegate/auth/AuthForwarder",
  AuthForwarderShape
> = Context.Service<AuthForwarder, AuthForwarderShape>()("basegate/auth/AuthForwarder")

/** Makes the headers of a call to a provider. */
export class AuthForwarder extends AuthForwarderKey {
  /** Cloudflare's order: the caller's own key, then, for trusted callers, the stored one. */
  static readonly layer: Layer.Layer<AuthForwarder, never, Settings> = Layer.effect(
    AuthForwarder,
    Effect.map(Settings, (settings) => ({ forward: (input) => forwardedHeaders(settings, input) })),
  )
}
