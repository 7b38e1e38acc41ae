/**
 * `npm run start:deno`: the gateway on Deno, by `deno serve`. Settings are checked when the server starts.
 *
 * @module
 */
import { processGateway, served } from "./module.ts"
import { settingsOrExit, stopOnSignal } from "./process.ts"

settingsOrExit()
// `deno serve` goes on listening while it stops; the gateway refuses what comes then.
stopOnSignal(processGateway(), () => {})

export default served
