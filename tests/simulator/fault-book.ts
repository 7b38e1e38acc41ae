/** Which fault a request gets: the one in its own header, else the one standing for its case, else for all. */
import type { IncomingHttpHeaders } from "node:http"
import { type Fault, readFault } from "./faults.ts"
import { caseOf } from "./recorder.ts"
import { parseJson } from "./values.ts"

type Standing = { readonly fault: Fault; timesLeft: number }

export type FaultBook = {
  /** Counted faults of a case queue up in order; one without a count stays until replaced or cleared. */
  add(caseId: string, fault: Fault, times?: number): void
  take(headers: IncomingHttpHeaders): Fault
  clear(caseId?: string): void
}

export function createFaultBook(): FaultBook {
  const standing = new Map<string, Standing[]>()

  function next(caseId: string): Fault | undefined {
    const queue = standing.get(caseId)
    const first = queue?.[0]
    if (queue === undefined || first === undefined) return undefined
    first.timesLeft -= 1
    if (first.timesLeft <= 0) queue.shift()
    return first.fault
  }

  return {
    add: (caseId, fault, times = Infinity) => {
      const queue = (standing.get(caseId) ?? []).filter((entry) => entry.timesLeft !== Infinity)
      standing.set(caseId, [...queue, { fault, timesLeft: times }])
    },
    take: (headers) => {
      const header = headers["x-simulator-fault"]
      if (typeof header === "string") return readFault(parseJson(header))
      return next(caseOf(headers) ?? "*") ?? next("*") ?? {}
    },
    clear: (caseId) => caseId === undefined ? standing.clear() : standing.delete(caseId),
  }
}
