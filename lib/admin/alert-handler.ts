/**
 * Tries the webhooks of a gateway's alerts.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import { Alerts } from "../alert/Alerts.ts"
import type { GatewaySettings } from "../config/gateway-settings.ts"
import { adminNotFound } from "../errors/admin-errors.ts"
import type { GatewayError } from "../errors.ts"
import { envelope } from "./envelope.ts"

/** Sends each webhook a test, and answers with the outcomes, in the order of the settings. */
export const testAlerts = (gateway: GatewaySettings): Effect.Effect<Response, GatewayError, Alerts> =>
  Effect.gen(function* () {
    if (gateway.alerts.length === 0) {
      return yield* adminNotFound("The gateway has no alerts. Add them to its settings.")
    }
    const alerts = yield* Alerts
    return envelope(yield* Effect.promise(() => alerts.test(gateway)))
  })
