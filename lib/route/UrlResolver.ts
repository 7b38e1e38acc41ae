/**
 * Where a request goes: Model APIs, a dedicated deployment, a chain, or the gateway itself.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Settings } from "../config/Settings.ts"
import { GatewayError } from "../errors.ts"
import { findRoute, type Route } from "./routes.ts"

/** Resolves a request line to a route; fails with `not_found`, `invalid_provider`, `bad_request` and the like. */
export class UrlResolver extends Context.Service<UrlResolver, {
  /**
   * @param method the request's method
   * @param url the request's URL; its host does not matter
   */
  readonly resolve: (method: string, url: URL) => Effect.Effect<Route, GatewayError>
}>()("basegate/route/UrlResolver") {
  /** Cloudflare AI Gateway's paths, to the hosts that the settings name. */
  static readonly layer: Layer.Layer<UrlResolver, never, Settings> = Layer.effect(
    UrlResolver,
    Effect.map(Settings, (settings) => ({
      resolve: (method, url) => {
        const route = findRoute(settings, method, url.pathname, url.search)
        return route instanceof GatewayError ? Effect.fail(route) : Effect.succeed(route)
      },
    })),
  )
}
