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

/** What `UrlResolver` does. */
export interface UrlResolverShape {
  /**
   * @param method the request's method
   * @param url the request's URL; its host does not matter
   */
  readonly resolve: (method: string, url: URL) => Effect.Effect<Route, GatewayError>
}

const UrlResolverKey: Context.ServiceClass<UrlResolver, "basegate/route/UrlResolver", UrlResolverShape> =
  Context.Service<UrlResolver, UrlResolverShape>()("basegate/route/UrlResolver")

/** Resolves a request line to a route; fails with `not_found`, `invalid_provider`, `bad_request` and the like. */
export class UrlResolver extends UrlResolverKey {
  /** Cloudflare AI Gateway's paths, to the hosts that the settings name. */
  static readonly layer: Layer.Layer<UrlResolver, never, Settings> = Layer.effect(
    UrlResolver,
    Effect.map(Settings, (settings) => {
      /** Most calls go to a few paths. To find the route of one takes 3 % of what a call costs on Node (20). */
      const known = new Map<string, Effect.Effect<Route>>()
      return {
        resolve: (method, { pathname, search }) => {
          const key = `${method} ${pathname}`
          const before = search === "" ? known.get(key) : undefined
          if (before !== undefined) return before
          const route = findRoute(settings, method, pathname, search)
          if (route instanceof GatewayError) return Effect.fail(route)
          const found = Effect.succeed(route)
          if (search === "" && key.length <= longestKnown) {
            if (known.size >= mostKnown) known.clear()
            known.set(key, found)
          }
          return found
        },
      }
    }),
  )
}

/** How many paths are remembered, and the longest of them in characters: callers choose both. */
const mostKnown = 256
const longestKnown = 256
