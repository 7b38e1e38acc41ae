/**
 * Leaves out of an answer what only the gateway asked for, whatever form it has.
 *
 * @module
 */
import { formOf } from "../sse/framing.ts"
import { concatBytes } from "../bytes/concat.ts"
import { lineFilter } from "./line-filter.ts"
import { type UsageFilter, usageFilter } from "./usage-filter.ts"

const none = new Uint8Array(0)
const unfiltered: UsageFilter = { push: (chunk) => chunk, finish: () => none }
/** More than any field's name, with what may stand before it. */
const undecided = 64

/**
 * Starts to filter the answer to a request for a stream that was asked for its usage. Its first bytes say whether it is
 * an event stream or JSON; what is neither is handed on.
 *
 * @param isLabelled whether the answer says that it is an event stream
 */
export const requestedUsageFilter = (isLabelled: boolean): UsageFilter => {
  let filter: UsageFilter | undefined
  /** The beginning of the name of a field. */
  let held = none

  const choose = (beginning: Uint8Array): UsageFilter | undefined => {
    const form = formOf(beginning)
    if (form === undefined && beginning.length < undecided) return undefined
    if (form === "json") return lineFilter()
    return form === "events" || isLabelled ? usageFilter() : unfiltered
  }

  return {
    push: (chunk) => {
      if (filter !== undefined) return filter.push(chunk)
      const beginning = held.length === 0 ? chunk : concatBytes([held, chunk], held.length + chunk.length)
      filter = choose(beginning)
      if (filter !== undefined) {
        held = none
        return filter.push(beginning)
      }
      // Blank lines keep a connection alive, and so are not held.
      const last = beginning[beginning.length - 1]
      if (last === 0x0a || last === 0x0d) {
        held = none
        return beginning
      }
      held = beginning.slice()
      return none
    },
    finish: () => filter?.finish() ?? held,
  }
}
