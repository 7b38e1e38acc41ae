/**
 * Alarms on the time of the surrounding `Clock`, which a test moves.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Timer } from "../../lib/time/Timer.ts"

export const layerVirtualAlarm: Layer.Layer<never> = Layer.effect(
  Timer,
  Effect.map(Effect.context<never>(), (context) => {
    const run = Effect.runForkWith(context)
    return (milliseconds, ring) => {
      const fiber = run(Effect.andThen(Effect.sleep(milliseconds), Effect.sync(ring)))
      return () => fiber.interruptUnsafe()
    }
  }),
)
