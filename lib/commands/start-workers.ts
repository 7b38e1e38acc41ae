/**
 * `npm run start:workers`: `dist/cloudflare.js` in workerd, with the variables as text bindings. Durable Objects are
 * stored next to the file that `BASEGATE_DB` names; without it, until this process ends.
 *
 * @module
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import process from "node:process"
import { isLoopbackName } from "../auth/stored-key-policy.ts"
import { announce, settingsOrExit, urlHost } from "../runtime/process.ts"
import { onSignal } from "../runtime/signals.ts"
import { type LocalObjects, spawnWorkerd, workerdConfig } from "./workerd-config.ts"

const { host, port, grace } = await settingsOrExit(false)
const { BASEGATE_DB: file, ...others } = process.env

/** Where objects are stored; `undefined` if that is not possible. */
const findObjects = (): LocalObjects | undefined => {
  if (!file) {
    const folder = mkdtempSync(join(tmpdir(), "basegate-objects-"))
    process.on("exit", () => rmSync(folder, { recursive: true, force: true }))
    return { folder }
  }
  const folder = `${file}.objects`
  try {
    mkdirSync(folder, { recursive: false, mode: 0o700 })
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    if (code !== "EEXIST") {
      console.error(
        `basegate: BASEGATE_DB: ${message}; the log, counts and written settings are kept in memory.`,
      )
      return undefined
    }
  }
  return { folder }
}
const objects = findObjects()
const kept = objects &&
  (file ? `kept in ${objects.folder}` : "until this process ends (BASEGATE_DB keeps it)")
// A Worker has no files, and would report a variable that names one.
const env = objects === undefined ? process.env : others
const workerd = spawnWorkerd(workerdConfig(env, host, port, isLoopbackName(host), objects), env, "inherit")

/** Polls the port, since workerd does not report when it has bound it. */
const announceWhenReady = async (): Promise<void> => {
  for (let tries = 0; tries < 200; tries++) {
    const ready = await fetch(`http://${urlHost(host)}:${port}/livez`).then(({ ok }) => ok, () => false)
    if (ready) return announce(host, port, false, kept)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
void announceWhenReady()

/**
 * workerd exits when its requests have ended. It is killed after the grace, as requests are on the other runtimes.
 */
const stop = (): void => {
  workerd.kill("SIGTERM")
  setTimeout(end, grace)
}
const end = (): void => void workerd.kill("SIGKILL")
onSignal(stop, end)
// However this process ends, workerd does not outlive it.
process.on("exit", end)
workerd.on("exit", (code) => process.exit(code ?? 0))
