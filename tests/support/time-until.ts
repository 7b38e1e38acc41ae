/**
 * How long a change takes to hold in a process, whatever else the machine does.
 *
 * @module
 */
import assert from "node:assert/strict"
import { readFileSync } from "node:fs"

/** How long a process has stood ready without a processor, in milliseconds; 0 where Linux does not tell. */
const waitedForProcessor = (pid: number): number => {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ")[1] ?? 0) / 1e6
  } catch {
    return 0
  }
}

/**
 * Asks until something holds, and tells how old the change was, in milliseconds, when the last question was sent that
 * did not find it: a question that is sent later and answered late says nothing of the change. What the process has
 * waited for a processor is left out, since that is due to what runs beside it.
 *
 * @param pid the process that is asked
 * @param patience after how many milliseconds it fails, with what `told` gives
 */
export const timeUntil = async (
  pid: number,
  holds: () => Promise<boolean>,
  told: () => string,
  patience = 20_000,
): Promise<number> => {
  const began = performance.now()
  const waited = waitedForProcessor(pid)
  let age = 0
  for (let sent = began; !await holds(); sent = performance.now()) {
    age = sent - began - (waitedForProcessor(pid) - waited)
    assert.ok(performance.now() - began < patience, told())
    await new Promise((done) => setTimeout(done, 10))
  }
  return Math.max(0, age)
}
