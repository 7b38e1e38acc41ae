/**
 * One step, from its credential to an answer that is ready to be relayed: from the cache, or from the provider.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import { AuthForwarder } from "../auth/AuthForwarder.ts"
import type { GatewayError } from "../errors.ts"
import { cachedStep, type CacheServices } from "./cached.ts"
import type { Call, Called } from "./call.ts"
import { admit, type LimitServices } from "./limited.ts"
import { liftResult } from "./lift.ts"
import { meteredStep, type MeterServices } from "./metered.ts"
import { relayed } from "./respond.ts"
import type { SendServices } from "./send.ts"

/** Everything that calling a step asks of the layers. */
export type StepServices = AuthForwarder | CacheServices | LimitServices | MeterServices | SendServices

/** Calls a step. Fails where there is no answer at all: no key, a limit, no connection, no headers in time. */
export const callStep: (call: Call) => Effect.Effect<Called, GatewayError, StepServices> = Effect.fnUntraced(
  function* (call) {
    const { exchange, gateway, caller, step } = call
    const { record } = exchange
    record.ending = "complete"
    record.provider = step.route.provider
    record.deployment = step.route.deployment ?? null
    record.step = step.index
    // What a step before it came to is not this one's.
    record.key = "none"
    record.time_to_headers_ms = null
    record.metadata = step.options.metadata
    exchange.collected.shouldLog = step.options.log.entry
    record.changes.push(...step.changes)
    const { forward } = yield* AuthForwarder
    const input = {
      headers: step.headers,
      tokenHeaders: step.tokenHeaders,
      request: exchange.headers,
      hostname: exchange.url.hostname,
      loopback: exchange.loopback,
      hasToken: caller.token !== undefined,
      gateway,
      provider: step.route.provider,
      keyAlias: step.options.keyAlias,
      acceptsCallerKey: step.takesOwnKey,
      requestId: record.request_id,
    }
    const { headers, credential } = yield* liftResult(() => forward(input))
    record.key = credential.kind === "secret" ? "caller" : credential.kind
    const send = Effect.flatMap(admit(call, credential), (admission) => {
      const metered = meteredStep(call, headers, admission)
      const { release } = admission
      return release === undefined ? metered : Effect.onError(metered, () => Effect.sync(release))
    })
    return step.options.cache.ttl > 0
      ? yield* cachedStep(call, credential, headers, send)
      : relayed(call, yield* send)
  },
)
