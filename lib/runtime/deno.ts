/**
 * `npm run start:deno`: the gateway on Deno, by `deno serve`. Settings are checked when the server starts.
 *
 * @module
 */
import { served } from "./module.ts"
import { settingsOrExit } from "./process.ts"
import { workersFor } from "./supervise.ts"
import { findSeat } from "./worker-seat.ts"

// `deno serve` listens after this module, and would print a stack trace.
globalThis.addEventListener("unhandledrejection", (event) => {
  if (!(event.reason instanceof Deno.errors.AddrInUse)) return
  event.preventDefault()
  console.error(
    "basegate cannot start: another program listens there. Change --host or --port of deno serve.",
  )
  Deno.exit(1)
})

// `deno serve` would listen with one process: several workers listen themselves.
if (workersFor(await settingsOrExit()) > 1 || findSeat() !== undefined) await import("./deno-run.ts")

export default served
