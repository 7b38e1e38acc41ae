/**
 * `npm run start:deno`: the gateway on Deno, by `deno serve`. Settings are checked when the server starts.
 *
 * @module
 */
import { served } from "./module.ts"
import { settingsOrExit } from "./process.ts"
import { workersFor } from "./supervise.ts"
import { findSeat } from "./worker-seat.ts"

// `deno serve` would listen with one process: several workers listen themselves.
if (workersFor(await settingsOrExit()) > 1 || findSeat() !== undefined) await import("./deno-run.ts")

export default served
