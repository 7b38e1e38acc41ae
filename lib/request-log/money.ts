/**
 * Sums of costs without drift: whole picodollars (10⁻¹² USD), the unit in which costs are computed.
 *
 * @module
 */

const picoPerDollar = 1e12

/** No call costs more, whatever its caller says: the sums of some thousands stay within what SQLite can add. */
const dearest = 1e15

/** A cost in US dollars as whole dollars, and picodollars beside them. */
export const splitCost = (cost: number): { readonly dollars: number; readonly picos: number } => {
  const capped = Math.min(cost, dearest)
  const dollars = Math.trunc(capped)
  return { dollars, picos: Math.round((capped - dollars) * picoPerDollar) }
}

/** A cost in US dollars as picodollars: exact below 4,096 dollars, above it to the precision of a double. */
export const picoOf = (cost: number): bigint => {
  const { dollars, picos } = splitCost(cost)
  return picoOfParts(dollars, picos)
}

/** Whole dollars, and picodollars beside them. */
export const picoOfParts = (dollars: number, picos: number | bigint): bigint =>
  BigInt(dollars) * BigInt(picoPerDollar) + BigInt(picos)

/**
 * The two parts of the sum of a column of dollars, as SQL. `picos` is text: a sum of many thousands is a larger integer
 * than runtimes give as a number.
 */
export const summedParts = (column: string, name: string, rows = ""): string => {
  const capped = `min(${column}, ${dearest})`
  const whole = `CAST(${capped} AS INTEGER)`
  return `coalesce(total(${whole})${rows}, 0) AS ${name}_dollars,
    CAST(coalesce(sum(CAST(round((${capped} - ${whole}) * ${picoPerDollar}) AS INTEGER))${rows}, 0) AS TEXT)
      AS ${name}_picos`
}

/** Picodollars as US dollars: the number next to the exact sum. */
export const dollarsOfSum = (pico: bigint): number => {
  const value = Number(pico)
  if (Number.isSafeInteger(value)) return value / picoPerDollar
  const unit = BigInt(picoPerDollar)
  return Number(`${pico / unit}.${String(pico % unit).padStart(12, "0")}`)
}
