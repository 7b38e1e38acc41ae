/**
 * Hands a response body on, byte for byte, and knows how it ended.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type Member, Roster } from "../bytes/roster.ts"
import { Timer } from "../time/Timer.ts"
import type { BodyCut } from "../upstream/guarded-body.ts"
import { type BodyRelay, relayBody } from "./relay-body.ts"
import type { RelayInput } from "./relay-input.ts"

/** What is being relayed. */
export interface Relayed extends Member {
  readonly cut: (ending: BodyCut) => void
}

/** What `StreamRelay` does. */
export interface StreamRelayShape {
  /** Starts to relay a body. */
  readonly relay: (input: RelayInput) => BodyRelay
  /**
   * Keeps track of something else that is being relayed, so that it is drained as well.
   *
   * @returns forgets it
   */
  readonly follow: (relay: Relayed) => () => void
  /** Ends everything that is being relayed, or will be, as `draining`. */
  readonly drain: () => void
}

const StreamRelayKey: Context.ServiceClass<StreamRelay, "basegate/relay/StreamRelay", StreamRelayShape> =
  Context.Service<StreamRelay, StreamRelayShape>()("basegate/relay/StreamRelay")

/**
 * Relays bodies.
 *
 * A body has one owner, is pulled only as fast as the client reads, and ends exactly once with a named
 * ending. A stream that broke off is shown as broken: by an error event if its framing has one, else by an
 * aborted body.
 */
export class StreamRelay extends StreamRelayKey {
  /** Relays, and keeps track of what is being relayed so that it can be drained. */
  static readonly layer: Layer.Layer<StreamRelay> = Layer.effect(
    StreamRelay,
    Effect.map(Timer, (startTimer) => {
      const relays = new Roster<Relayed>()
      let draining = false
      const forget = (relay: Relayed): void => void relays.delete(relay)
      const follow = (relay: Relayed): void => {
        relays.add(relay)
        // Draining had already begun.
        if (draining) relay.cut("draining")
      }
      return {
        relay: (input) => {
          const relay = relayBody(input, forget, startTimer)
          follow(relay)
          return relay
        },
        follow: (relay) => {
          follow(relay)
          return () => forget(relay)
        },
        drain: () => {
          draining = true
          for (const relay of relays.all()) relay.cut("draining")
        },
      }
    }),
  )
}
