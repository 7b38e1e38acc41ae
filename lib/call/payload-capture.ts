/**
 * The bodies of a call, kept for the log where the gateway or the caller wants them.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import { keepPayload } from "../request-log/payload.ts"
import { decodeBody } from "../body/content-coding.ts"
import { heldBytes } from "../body/prepared-body.ts"
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
      Effect.promise(async () => {
        const { body } = step
        const secrets = exchange.secrets()
        const asked = keepPayload(payloadLimit)
        if (body.coding === undefined) asked.push(heldBytes(body))
        // As far as it is kept: the rest is not decoded.
        else await decodeBody(heldBytes(body), body.coding, payloadLimit + 16_384, asked.push)
        exchange.collected.payloads = {
          request: body.kind === "stream" ? null : asked.finish(secrets),
          response: answer.finish(secrets),
        }
      }),
  }
}
