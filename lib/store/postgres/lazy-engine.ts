/**
 * An engine that is loaded when it is first asked.
 *
 * @module
 */
import type { Engine } from "../engine.ts"

/**
 * Makes an engine of one that works in the order of its calls.
 *
 * @param name for people to read
 * @param wall this process's clock, which holds until it is loaded
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
