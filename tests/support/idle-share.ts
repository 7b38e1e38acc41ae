/**
 * How much of the processors nobody uses.
 *
 * @module
 */
import { cpus } from "node:os"

interface Times {
  readonly free: number
  readonly all: number
}

/** What yields to everything else counts as free: it takes only what is left. */
const timesNow = (): Times => {
  const times = cpus().map(({ times }) => times)
  const free = times.reduce((sum, { idle, nice }) => sum + idle + nice, 0)
  return { free, all: times.reduce((sum, { user, sys, irq }) => sum + user + sys + irq, free) }
}

/** The share of all processors that was free since it was asked last, from 0 to 1. */
export const watchIdleShare = (): () => number => {
  let before = timesNow()
  return () => {
    const now = timesNow()
    const share = (now.free - before.free) / Math.max(1, now.all - before.all)
    before = now
    return share
  }
}
