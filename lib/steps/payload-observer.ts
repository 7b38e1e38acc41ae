/**
 * The bodies of a call, kept for the log where the gateway or the caller wants them.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import { keepPayload } from "../log/payload.ts"
import type { Call, Observer } from "./call.ts"

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
        const secrets = exchange.secrets()
        const asked = keepPayload(payloadLimit)
        if (step.body.body instanceof Uint8Array) asked.push(step.body.body)
        exchange.collected.payloads = {
          request: step.body.body instanceof ReadableStream ? null : asked.finish(secrets),
          response: answer.finish(secrets),
        }
      }),
  }
}
