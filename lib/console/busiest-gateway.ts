/**
 * The gateway that a page of one gateway opens with: the one that is used.
 *
 * @module
 */
import type { Account, FigureGroup } from "./types.ts"

/** The spans in which requests are looked for, one after the other. */
export const usedWithin = ["-24h", "-30d"] as const

/** Counts an account's requests by gateway since a moment. */
export type CountByGateway = (since: typeof usedWithin[number]) => Promise<ReadonlyArray<FigureGroup>>

/**
 * Finds the gateway with the most requests of the last day, or else of the last thirty.
 *
 * @returns the first by name if none has any, or if they cannot be counted
 */
export const busiestGateway = async (
  gateways: Account["gateways"],
  count: CountByGateway,
): Promise<string> => {
  const [first = "", ...others] = gateways
  if (others.length === 0) return first
  try {
    for (const since of usedWithin) {
      const counts = (await count(since)).toSorted((one, other) => other.requests - one.requests)
      const [most] = counts.flatMap(({ group }) => group["gateway"] ?? []).filter((id) =>
        gateways.includes(id)
      )
      if (most !== undefined) return most
    }
  } catch {
    // The page itself says what is wrong.
  }
  return first
}
