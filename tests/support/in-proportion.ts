import assert from "node:assert/strict"
import process from "node:process"

/** Faster than this is no matter how many times as long, in milliseconds: so long a collection or the compiler may take. */
const noise = 50

/**
 * Holds that four times as much takes less than six times as long; what is quadratic takes sixteen times. Each figure is
 * the least of several runs, and of the processor's time: nothing else that the machine does is to count.
 */
export const takesInProportion = (run: (count: number) => void, count: number): void => {
  const timeOf = (count: number): number => {
    const start = process.cpuUsage()
    run(count)
    return process.cpuUsage(start).user / 1000
  }
  let [once, fourTimes] = [timeOf(count), timeOf(4 * count)]
  for (let tries = 0; tries < 12 && fourTimes >= 6 * Math.max(once, noise); tries++) {
    once = Math.min(once, timeOf(count))
    fourTimes = Math.min(fourTimes, timeOf(4 * count))
  }
  assert.ok(
    fourTimes < 6 * Math.max(once, noise),
    `${count} take ${once.toFixed(1)} ms, and ${4 * count} take ${fourTimes.toFixed(1)} ms`,
  )
}
