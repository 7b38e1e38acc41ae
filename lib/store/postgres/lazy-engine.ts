/**
 * An engine that is loaded at its first use.
 *
 * @module
 */
import type { Engine } from "../engine.ts"

/**
 * Wraps an engine that executes operations in order.
 *
 * @param name in readable form
 * @param wall this process's clock, used until the engine is loaded
 */
export const lazyEngine = (name: string, load: () => Promise<Engine>, wall: () => number): Engine => {
  let engine: Engine | undefined
  let loading: Promise<Engine> | undefined
  let isClosed = false
  const loaded = async (): Promise<Engine> => {
    loading ??= load()
    loading.catch(() => loading = undefined)
    const found = await loading
    if (isClosed) {
      found.close()
      throw new Error("the connection is closed")
    }
    return engine = found
  }
  return {
    name,
    inOrder: true,
    now: () => engine?.now() ?? wall(),
    take: async (takes, lease) => await (engine ?? await loaded()).take(takes, lease),
    settle: async (mark, lease, charges) => await (engine ?? await loaded()).settle(mark, lease, charges),
    list: async (query) => await (engine ?? await loaded()).list(query),
    once: async (key, ttl) => await (engine ?? await loaded()).once(key, ttl),
    ping: async () => await (engine ?? await loaded()).ping(),
    refusal: (cause) => engine?.refusal(cause),
    reset: () => engine?.reset(),
    close: () => {
      isClosed = true
      engine?.close()
    },
  }
}
