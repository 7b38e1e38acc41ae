/**
 * `npm run start:workers`: `dist/worker.js` in workerd, with the variables as text bindings.
 *
 * @module
 */
import process from "node:process"
import { isLoopbackName } from "../auth/trust.ts"
import { settingsOrExit } from "../runtime/process.ts"
import { spawnWorkerd, workerdConfig } from "./workerd-config.ts"

const { host, port } = settingsOrExit()
const config = workerdConfig(process.env, host, port, isLoopbackName(host))
const workerd = spawnWorkerd(config, "inherit")
console.log(`basegate listens on http://${host}:${port}`)
process.on("SIGTERM", () => workerd.kill("SIGTERM"))
process.on("SIGINT", () => workerd.kill("SIGINT"))
workerd.on("exit", (code) => process.exit(code ?? 0))
