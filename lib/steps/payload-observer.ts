/**
 * The bodies of a call, kept for the log where the gateway or the caller wants them.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { GatewaySettings } from "../config/gateway-settings.ts"
import { keepPayload } from "../log/payload.ts"
import type { Call, Observer } from "./call.ts"

/** The headers that callers put secrets in. */
const secretHeaders = ["cf-aig-authorization", "authorization", "x-api-key", "api-key"]

/** Every secret that a body might hold and that the gateway knows: its own, and the caller's. */
const secretsOf = function* (gateway: GatewaySettings, ...callers: ReadonlyArray<Headers>): Iterable<string> {
  const own = [
    ...gateway.tokens,
    ...gateway.foreignTokens,
    ...[...gateway.keys.values()].flatMap((keys) => [...keys.values()]),
    ...[...gateway.customProviders.values()].flatMap(({ headers }) => headers.map(({ value }) => value)),
  ]
  yield* own.map(Redacted.value)
  for (const headers of callers) {
    // Of a scheme and a secret, the last word is the secret; a header without a scheme is one word.
    for (const name of secretHeaders) yield headers.get(name)?.trim().split(/\s+/).at(-1) ?? ""
  }
}

/** Keeps both bodies of a call; nothing where they are not wanted. */
export const payloadObserver = ({ exchange, gateway, step }: Call): Observer | undefined => {
  const { entry, payloads } = step.options.log
  if (!entry || !payloads) return undefined
  const { payloadLimit } = gateway.log
  const answer = keepPayload(payloadLimit)
  return {
    push: answer.push,
    ended: () =>
      Effect.sync(() => {
        const secrets = [...secretsOf(gateway, exchange.request.headers, step.headers)]
        const asked = keepPayload(payloadLimit)
        if (step.body.body instanceof Uint8Array) asked.push(step.body.body)
        exchange.collected.payloads = {
          request: step.body.body instanceof ReadableStream ? null : asked.finish(secrets),
          response: answer.finish(secrets),
        }
      }),
  }
}
