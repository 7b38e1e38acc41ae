/**
 * Captures the bodies of a call for the log, if the gateway or the caller asks for that.
 *
 * @module
 */
import { decodeBody } from "../body/content-coding.ts"
import { keepPayload } from "../request-log/payload.ts"
import type { BodyTap, Call } from "./call.ts"

/** Captures both bodies of a call; `undefined` if they are not wanted. */
export const payloadCapture = ({ exchange, gateway, target }: Call): BodyTap | undefined => {
  const { entry, payloads } = target.options.log
  if (!entry || !payloads) return undefined
  const { payloadLimit } = gateway.log
  const response = keepPayload(payloadLimit)
  return {
    push: response.push,
    ended: async () => {
      const { body } = target
      const { coding } = body
      const secrets = exchange.secrets()
      const request = keepPayload(payloadLimit)
      if (body.kind === "bytes" && coding === undefined) request.push(body.bytes)
      // Decodes only as much as is kept.
      else if (body.kind === "bytes") {
        await decodeBody(body.bytes, coding ?? "", payloadLimit + 16_384, request.push)
      }
      exchange.payloads = {
        request: body.kind === "stream" ? null : request.finish(secrets),
        response: response.finish(secrets),
      }
    },
  }
}
