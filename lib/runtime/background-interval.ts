/**
 * A timer that does not keep its process running.
 *
 * @module
 */

interface NodeTimers {
  readonly setInterval: (run: () => void, milliseconds: number) => { readonly unref: () => unknown }
  readonly clearInterval: (timer: unknown) => void
}

const self = globalThis as {
  readonly process?: { readonly getBuiltinModule?: (name: "node:timers") => NodeTimers | undefined }
}

/**
 * Runs something at an interval in milliseconds, until the returned function is called. Only `node:timers` can unref a
 * timer on Bun, Deno and Node alike: Deno's own timers are numbers.
 */
export const everyInBackground = (milliseconds: number, run: () => void): () => void => {
  const timers = self.process?.getBuiltinModule?.("node:timers")
  if (timers === undefined) {
    const timer = setInterval(run, milliseconds)
    return () => clearInterval(timer)
  }
  const timer = timers.setInterval(run, milliseconds)
  timer.unref()
  return () => timers.clearInterval(timer)
}
