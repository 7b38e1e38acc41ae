/**
 * What tokens cost, in exact decimal arithmetic.
 *
 * Prices are as small as 7e-9 USD, which no binary fraction holds: they are whole numbers of attodollars
 * (1e-18 USD), and costs whole numbers of picodollars (1e-12 USD), rounded once.
 *
 * @module
 */
import type { Usage } from "../usage/usage.ts"

/** What a token costs, in attodollars; `undefined` if it is not known. */
export interface Price {
  readonly input: bigint | undefined
  /** A token read from the prompt cache; the input price if `undefined`. */
  readonly cachedInput: bigint | undefined
  readonly output: bigint | undefined
  /**
   * The same in picodollars, as numbers, if they are whole and all known, as nearly all are: their products are exact
   * below 2^53, which is 9,007 US dollars, and a cost takes 0.04 µs instead of 0.26 (Bun 1.4; Node 20: 0.03, not 0.12).
   */
  readonly pico: PicoPrice | undefined
  /** The most tokens of an answer, if the list says so. */
  readonly longest?: number
}

interface PicoPrice {
  readonly input: number
  readonly cachedInput: number
  readonly output: number
}

const attoPerPico = 1_000_000n

const wholePico = (atto: bigint | undefined): number =>
  atto === undefined || atto % attoPerPico !== 0n ? NaN : Number(atto / attoPerPico)

/** A price from attodollars per token. */
export const priceOf = (
  input: bigint | undefined,
  cachedInput: bigint | undefined,
  output: bigint | undefined,
): Price => {
  const pico = {
    input: wholePico(input),
    cachedInput: wholePico(cachedInput ?? input),
    output: wholePico(output),
  }
  const isWhole = Number.isSafeInteger(pico.input) && Number.isSafeInteger(pico.cachedInput) &&
    Number.isSafeInteger(pico.output)
  return { input, cachedInput, output, pico: isWhole ? pico : undefined }
}

/** Digits after the point of a dollar amount in attodollars. */
export const attoPlaces = 18

/** Digits after the point of a dollar amount in picodollars. */
export const picoPlaces = 12

const decimal = /^(?=\.?\d)(\d*)\.?(\d*)(?:e([+-]?\d{1,3}))?$/i

/**
 * A decimal number ≥ 0 as a whole number of units of 10^-`places`, rounded half up; `undefined` if `value`
 * is not such a number. Baseten writes prices as strings; a number means the shortest decimal that parses to it.
 */
export const decimalUnits = (value: unknown, places: number): bigint | undefined => {
  if (typeof value !== "string" && typeof value !== "number") return undefined
  const text = String(value)
  const match = text.length > 100 ? null : decimal.exec(text)
  if (match === null) return undefined
  const [, whole = "", fraction = "", exponent = "0"] = match
  const digits = BigInt(whole + fraction)
  const shift = places - fraction.length + Number(exponent)
  if (shift >= 0) return digits * 10n ** BigInt(shift)
  const divisor = 10n ** BigInt(-shift)
  return (2n * digits + divisor) / (2n * divisor)
}

/** The price of some tokens; no tokens cost nothing, whatever their price. */
const times = (tokens: number, price: bigint | undefined): bigint | undefined =>
  tokens === 0 ? 0n : price === undefined ? undefined : BigInt(tokens) * price

/**
 * The cost of a call in picodollars, which add up without drift; `undefined` if it is not known, because
 * neither input nor output was reported, or there is no price. Cached tokens are a part of the input.
 */
export const picoCostOf = (usage: Usage | undefined, price: Price | undefined): bigint | undefined => {
  if (usage === undefined || price === undefined) return undefined
  if (usage.input === undefined && usage.output === undefined) return undefined
  const { input = 0, output = 0 } = usage
  const cached = Math.min(usage.cachedInput ?? 0, input)
  const costs = [
    times(input - cached, price.input),
    times(cached, price.cachedInput ?? price.input),
    times(output, price.output),
  ]
  let atto = 0n
  for (const cost of costs) {
    if (cost === undefined) return undefined
    atto += cost
  }
  return (atto + attoPerPico / 2n) / attoPerPico
}

/** Picodollars as US dollars, for display; add up before converting. */
export const dollarsOf = (pico: bigint): number => Number(pico) / 1e12

/** The cost of a call in US dollars, to 12 places; `undefined` if `picoCostOf` is. */
export const costOf = (usage: Usage | undefined, price: Price | undefined): number | undefined => {
  if (usage?.input !== undefined && usage.output !== undefined && price?.pico !== undefined) {
    const { input, cachedInput, output } = price.pico
    const cached = Math.min(usage.cachedInput ?? 0, usage.input)
    const cost = (usage.input - cached) * input + cached * cachedInput + usage.output * output
    if (Number.isSafeInteger(cost)) return cost / 1e12
  }
  const pico = picoCostOf(usage, price)
  return pico === undefined ? undefined : dollarsOf(pico)
}
