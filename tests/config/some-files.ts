/** Files in memory, and a clock that ticks when it is told to. */
import * as Result from "effect/Result"
import { watchSettings } from "../../lib/config/settings-watch.ts"
import type { HostFiles } from "../../lib/config/host-files.ts"
import { parseSettings } from "../../lib/runtime/parse-settings.ts"

export const someFiles = (texts: Record<string, string | undefined> = {}) => {
  const callbacks = new Set<() => void>()
  const parsing: Array<Promise<unknown>> = []
  const host: HostFiles = {
    read: (path) => {
      const text = texts[path]
      return text === undefined ? Result.fail("there is no such file") : Result.succeed(text)
    },
    stamp: (path) => texts[path],
    parse: (name, text) => {
      const parsed = parseSettings(name, text)
      parsing.push(parsed)
      return parsed
    },
    every: (_, callback) => {
      callbacks.add(callback)
      return () => void callbacks.delete(callback)
    },
    watch: watchSettings,
  }
  /** Lets time pass, and what it has begun end. */
  const tick = async (times = 1): Promise<void> => {
    for (let time = 0; time < times; time++) {
      for (const callback of [...callbacks]) callback()
      await new Promise((resolve) => setTimeout(resolve))
      await Promise.all(parsing)
      await new Promise((resolve) => setTimeout(resolve))
    }
  }
  return { texts, host, tick, followed: () => callbacks.size }
}
