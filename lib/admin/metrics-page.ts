/**
 * What `/metrics` shows.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import { product } from "../version.ts"

/** The metrics in Prometheus' text format (version 0.0.4). */
export const metricsPage: Effect.Effect<string> = Effect.succeed(
  "# HELP basegate_build_info The version of the gateway.\n" +
    "# TYPE basegate_build_info gauge\n" +
    `basegate_build_info{version="${product.version}"} 1\n`,
)
