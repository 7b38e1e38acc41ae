/**
 * Sums of costs without drift: whole picodollars (10⁻¹² USD), the unit in which costs are computed.
 *
 * @module
 */

const picoPerDollar = 1e12

/** The highest cost of a call, whatever its caller says: sums of some thousands stay within SQLite's integers. */
const dearest = 1e15

/** Splits a cost in US dollars into whole dollars and picodollars. */
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

/** Joins whole dollars and picodollars. */
export const picoOfParts = (dollars: number, picos: number | bigint): bigint =>
  BigInt(dollars) * BigInt(picoPerDollar) + BigInt(picos)

/**
 * SQL for the two parts of the sum of a column of dollars. `picos` is text, because the sum of many thousands of rows
 * is a larger integer than runtimes return as a number.
 */
export const summedParts = (column: string, name: string, rows = ""): string => {
  const capped = `min(${column}, ${dearest})`
  const whole = `CAST(${capped} AS INTEGER)`
  return `coalesce(total(${whole})${rows}, 0) AS ${name}_dollars,
    CAST(coalesce(sum(CAST(round((${capped} - ${whole}) * ${picoPerDollar}) AS INTEGER))${rows}, 0) AS TEXT)
      AS ${name}_picos`
}

/** Picodollars as US dollars, rounded to the nearest number. */
export const dollarsOfSum = (pico: bigint): number => {
  const value = Number(pico)
  if (Number.isSafeInteger(value)) return value / picoPerDollar
  const unit = BigInt(picoPerDollar)
  return Number(`${pico / unit}.${String(pico % unit).padStart(12, "0")}`)
}
