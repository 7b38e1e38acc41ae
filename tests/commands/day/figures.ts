/**
 * Sums over entries and over rows of figures, exact: costs in whole picodollars.
 *
 * @module
 */

/** An entry of the log, or a row of figures. */
export type Row = Readonly<Record<string, unknown>>

/** What calls have used together. */
export interface Figures {
  readonly requests: number
  readonly tokens_in: number
  readonly tokens_out: number
  readonly cost: bigint
  readonly unpriced: number
}

const numberIn = (row: object, name: string): number => Number(Object(row)[name] ?? 0)

/** A cost as its digits say: what is added is what was printed. */
const picos = (cost: unknown): bigint => {
  if (typeof cost === "bigint") return cost
  const [whole = "0", fraction = ""] = Number(cost ?? 0).toFixed(12).split(".")
  return BigInt(whole) * 1_000_000_000_000n + BigInt(fraction)
}

/** The sum of rows. An entry is one request, which is unpriced if its cost is not known. */
export const figuresOf = (rows: ReadonlyArray<object>): Figures =>
  rows.reduce((sum: Figures, row): Figures => {
    const isEntry = !("requests" in row)
    const { cost } = row as { readonly cost?: unknown }
    return {
      requests: sum.requests + (isEntry ? 1 : numberIn(row, "requests")),
      tokens_in: sum.tokens_in + numberIn(row, "tokens_in"),
      tokens_out: sum.tokens_out + numberIn(row, "tokens_out"),
      cost: sum.cost + picos(cost),
      unpriced: sum.unpriced + (isEntry ? Number(cost === null) : numberIn(row, "unpriced")),
    }
  }, { requests: 0, tokens_in: 0, tokens_out: 0, cost: 0n, unpriced: 0 })

/** The sums of entries by a member, or by a key of their metadata. */
export const accounted = (entries: ReadonlyArray<Row>, by: string): Map<string, Figures> => {
  const groups = new Map<string, Array<Row>>()
  for (const entry of entries) {
    const value = by.startsWith("metadata.") ? Object(entry["metadata"])[by.slice(9)] : entry[by]
    const group = groups.get(String(value)) ?? []
    groups.set(String(value), group)
    group.push(entry)
  }
  return new Map([...groups].map(([name, rows]) => [name, figuresOf(rows)]))
}
