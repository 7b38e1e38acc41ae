/**
 * `npm run start:deno`: the gateway on Deno, by `deno serve`. Settings are checked when the server starts.
 *
 * @module
 */
import { served } from "./module.ts"
import { settingsOrExit } from "./process.ts"

await settingsOrExit()

export default served
