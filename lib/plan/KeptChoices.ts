/**
 * Which model has answered a session, for as long as a provider's prompt cache may be warm there.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Store } from "../store/Store.ts"
import { type Awaitable, whenReady } from "../time/awaitable.ts"

/** How long a choice is kept after its last use, in milliseconds. */
const choiceLasts = 3_600_000

/** What `KeptChoices` does. Neither fails: a choice that cannot be read or kept is made anew. */
export interface KeptChoicesShape {
  /** The model, as it was kept, under a key of `Session`. */
  readonly recall: (key: string) => Awaitable<string | undefined>
  /** Keeps the model. */
  readonly keep: (key: string, model: string) => Awaitable<void>
}

/** Choices that are kept for sessions, in the store: whichever instances share that agree. */
export class KeptChoices
  extends Context.Service<KeptChoices, KeptChoicesShape>()("basegate/plan/KeptChoices") {
  static readonly layer: Layer.Layer<KeptChoices, never, Store> = Layer.effect(
    KeptChoices,
    Effect.map(Store, (store) => ({
      recall: (key) => whenReady(store.get(key), (bytes) => bytes && new TextDecoder().decode(bytes)),
      keep: (key, model) => store.set(key, new TextEncoder().encode(model), choiceLasts),
    })),
  )
}
