/**
 * In which order the models of an alias are tried.
 *
 * @module
 */
import type { AliasTarget, ModelAlias } from "../config/model-aliases.ts"
import type { GatewaySettings } from "../config/gateway-settings.ts"
import { listedPrice, type Tariff } from "../pricing/call-cost.ts"

/** How long a figure counts, in milliseconds: models get slower and faster within the hour. */
export const speedLasts = 300_000

/** The figure for a failure, in milliseconds: any answer is better. */
const failed = 3_600_000

/** How much the newest figure counts beside those before. */
const weight = 0.3

interface Speed {
  readonly ms: number
  readonly at: number
}

/** How soon the answers of an alias's models have begun lately. In memory: each process has its own figures. */
export class TargetSpeeds {
  readonly #speeds = new Map<AliasTarget, Speed>()

  /** The figure of a model, in milliseconds; 0 if there is no recent one, so that each model is tried now and then. */
  of(target: AliasTarget, now: number): number {
    const speed = this.#speeds.get(target)
    return speed === undefined || now - speed.at > speedLasts ? 0 : speed.ms
  }

  /** Notes that an answer has begun, or that there was none. */
  note(target: AliasTarget, took: number, succeeded: boolean, now: number): void {
    const before = this.of(target, now)
    const ms = succeeded ? took : failed
    this.#speeds.set(target, { ms: before === 0 ? ms : before + (ms - before) * weight, at: now })
  }
}

/**
 * The price of a model for comparison: of three tokens read and one written, as in most calls.
 * `undefined` if it is not known, or priced by time.
 */
const comparablePrice = (
  { provider, model }: AliasTarget,
  { prices }: Pick<GatewaySettings, "prices">,
  priceOf: Tariff["priceOf"],
): bigint | undefined => {
  const listed = listedPrice({ provider, deployment: undefined, model }, { overrides: prices, priceOf })
  if (listed?.kind !== "tokens") return undefined
  const { input, output } = listed.price
  return input === undefined || output === undefined ? undefined : 3n * input + output
}

const byPrice = (one: bigint | undefined, other: bigint | undefined): number =>
  one === other ? 0 : one === undefined ? 1 : other === undefined ? -1 : one < other ? -1 : 1

/** The models of an alias, the best first. Equals stay in the order of the settings. */
export const orderedTargets = (
  { targets, order }: ModelAlias,
  gateway: Pick<GatewaySettings, "prices">,
  priceOf: Tariff["priceOf"],
  speeds: TargetSpeeds,
  now: number,
): ReadonlyArray<AliasTarget> => {
  if (order === "default") return targets
  if (order === "fastest") {
    return [...targets].sort((one, other) => speeds.of(one, now) - speeds.of(other, now))
  }
  const priced = targets.map((target) => ({ target, price: comparablePrice(target, gateway, priceOf) }))
  return priced.sort((one, other) => byPrice(one.price, other.price)).map(({ target }) => target)
}
