/**
 * Baseten's Model API prices on one day, used while its own list (`GET /v1/models`) is not known.
 *
 * Dedicated deployments are billed by the minute, not by the token, and are not here.
 *
 * @module
 */
import { attoPlaces, decimalUnits, type Price, priceOf } from "./price.ts"

/** The day of the newest figures. Models that had left the list before are kept at their last price. */
export const staticPricesDate = "2026-11-10"

/** USD per million tokens: input, cached input, output. */
const table: Readonly<Record<string, readonly [input: string, cachedInput: string, output: string]>> = {
  "deepseek-ai/DeepSeek-V4-Flash-0731": ["0.13", "0.028", "0.26"],
  "deepseek-ai/DeepSeek-V4-Pro": ["1.74", "0.145", "3.48"],
  "deepseek-ai/DeepSeek-V4-Pro-0813": ["1.32", "0.132", "3.96"],
  "deepseek-ai/DeepSeek-V4.1-Flash": ["0.30", "0.007", "1.20"],
  "deepseek-ai/DeepSeek-V4.1-Flash-1017": ["0.30", "0.007", "1.20"],
  "deepseek-ai/DeepSeek-V4.1-Flash-1017-Fast": ["0.60", "0.014", "2.40"],
  "deepseek-ai/DeepSeek-V4.1-Flash-Fast": ["0.60", "0.014", "2.40"],
  "moonshotai/Kimi-K2.6": ["0.95", "0.16", "4.00"],
  "moonshotai/Kimi-K2.7-Code": ["0.95", "0.16", "4.00"],
  "moonshotai/Kimi-K3": ["3.00", "0.30", "15.00"],
  "moonshotai/Kimi-K3.1-Pro": ["2.00", "0.20", "10.00"],
  "nvidia/NVIDIA-Nemotron-3-Ultra-550B-A55B": ["0.60", "0.12", "2.40"],
  "openai/gpt-oss-120b": ["0.10", "0.10", "0.50"],
  "thinkingmachines/inkling": ["1.00", "0.17", "4.05"],
  "thinkingmachines/inkling-small": ["0.50", "0.10", "1.20"],
  "zai-org/GLM-4.7": ["0.60", "0.12", "2.20"],
  "zai-org/GLM-5.2": ["1.40", "0.14", "4.40"],
  "zai-org/GLM-5.2-Fast": ["2.10", "0.21", "6.60"],
  "zai-org/GLM-5.3": ["1.40", "0.14", "4.40"],
  "zai-org/GLM-5.3-Fast": ["2.10", "0.21", "6.60"],
  "zai-org/GLM-5.3-Flash": ["0.15", "0.03", "0.50"],
}

/** A price per million tokens is a millionth of it per token. */
const perMillion = (dollars: string): bigint | undefined => decimalUnits(dollars, attoPlaces - 6)

const prices: ReadonlyMap<string, Price> = new Map(
  Object.entries(table).map(([slug, [input, cachedInput, output]]) => [
    slug,
    priceOf(perMillion(input), perMillion(cachedInput), perMillion(output)),
  ]),
)

/** The price of a model on that day, by its exact slug (Baseten's slugs are case-sensitive). */
export const staticPriceOf = (slug: string): Price | undefined => prices.get(slug)
