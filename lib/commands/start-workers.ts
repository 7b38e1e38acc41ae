/**
 * `npm run start:workers`: `dist/worker.js` in workerd, with the variables as text bindings.
 *
 * @module
 */
import process from "node:process"
import { isLoopbackName } from "../auth/stored-key-policy.ts"
import { announce, settingsOrExit, urlHost } from "../runtime/process.ts"
import { onSignal } from "../runtime/signals.ts"
import { spawnWorkerd, workerdConfig } from "./workerd-config.ts"

const { host, port, grace } = await settingsOrExit(false)
if (process.env["BASEGATE_DB"]) {
  console.error("basegate: BASEGATE_DB: Workers have no files; the request log is kept in memory.")
}
const config = workerdConfig(process.env, host, port, isLoopbackName(host))
const workerd = spawnWorkerd(config, process.env, "inherit")

/** Waits for the port: workerd does not report when it has bound it. */
const announceWhenReady = async (): Promise<void> => {
  for (let tries = 0; tries < 200; tries++) {
    const ready = await fetch(`http://${urlHost(host)}:${port}/livez`).then(({ ok }) => ok, () => false)
    if (ready) return announce(host, port, false)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
void announceWhenReady()

/** workerd exits when its requests have ended; after the grace it is killed, as requests are on the other runtimes. */
const stop = (): void => {
  workerd.kill("SIGTERM")
  setTimeout(end, grace)
}
const end = (): void => void workerd.kill("SIGKILL")
onSignal(stop, end)
// However this process ends, workerd does not outlive it.
process.on("exit", end)
workerd.on("exit", (code) => process.exit(code ?? 0))
