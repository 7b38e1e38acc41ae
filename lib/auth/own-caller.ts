/**
 * The gateway, where it calls itself.
 *
 * @module
 */
import * as Result from "effect/Result"
import type { GatewayToken } from "../config/gateway-tokens.ts"
import type { GatewayError } from "../errors.ts"
import type { Caller } from "./GatewayAuth.ts"

/** It may call what the gateway's own keys may, and shares neither counts nor cached answers with anybody. */
const ownToken: GatewayToken = {
  name: null,
  secret: undefined,
  digest: new Uint8Array(0),
  length: undefined,
  models: undefined,
  expires: Infinity,
  limits: undefined,
  metadata: undefined,
}
/** The gateway as its own caller. */
export const ownCaller: Result.Result<Caller, GatewayError> = Result.succeed({
  token: ownToken,
  tokenHeaders: new Set(),
})
