/**
 * Where a request goes: Model APIs, a dedicated deployment, a chain, a custom provider, or the gateway itself.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import { Settings } from "../config/Settings.ts"
import type { SettingsShape } from "../config/settings-shape.ts"
import type { HeaderReader } from "../headers/header-reader.ts"
import type { GatewayPlace } from "./paths.ts"
import { restRoute } from "./provider-routes.ts"
import type { RequestUrl } from "./request-url.ts"
import { restCall, restPlace } from "./rest-paths.ts"
import { type Destinations, findPath, findPathWithin, forMethod, type RouteResult } from "./routes.ts"

/** What `UrlResolver` does. */
export interface UrlResolverShape {
  /**
   * Resolves a request line; the host of its URL does not matter.
   *
   * @param headers name the gateway where the path does not: on Cloudflare's REST surface
   */
  readonly resolve: (
    method: string,
    url: Pick<RequestUrl, "pathname" | "search">,
    headers: HeaderReader,
  ) => RouteResult
  /**
   * Resolves a provider's path within a gateway, as if a request had named both.
   *
   * @param path what follows the provider, as the URL standard normalises it, with its first slash
   * @param search the query with its `?`, or nothing
   */
  readonly resolveWithin: (
    place: GatewayPlace,
    method: string,
    provider: string,
    path: string,
    search: string,
  ) => RouteResult
}

const UrlResolverKey: Context.ServiceClass<UrlResolver, "basegate/route/UrlResolver", UrlResolverShape> =
  Context.Service<UrlResolver, UrlResolverShape>()("basegate/route/UrlResolver")

/** Resolves requests to routes; fails with `not_found`, `method_not_allowed`, `invalid_provider`, `bad_request` and the like. */
export class UrlResolver extends UrlResolverKey {
  /** Cloudflare AI Gateway's paths, to the hosts that the settings name. */
  static readonly layer: Layer.Layer<UrlResolver, never, Settings> = Layer.effect(
    UrlResolver,
    Effect.map(Settings, (settings) => {
      const find = remembering(settings)
      return {
        resolve: (method, { pathname, search }, headers) =>
          forMethod(find(pathname, search, headers), method),
        resolveWithin: (place, method, provider, path, search) =>
          forMethod(findPathWithin(settings, place, provider, path, search), method),
      }
    }),
  )
}

/** How many paths are remembered, and the longest in characters: callers choose both. */
const mostKnown = 256
const longestKnown = 256

/**
 * Most calls go to a few paths; finding the route of one takes 3 % of what a call costs on Node 20. Where a custom provider
 * is may change with the settings.
 */
const remembering = (settings: Destinations & Pick<SettingsShape, "state">) => {
  const known = new Map<string, RouteResult>()
  let version = 0
  return (path: string, search: string, headers: HeaderReader): RouteResult => {
    const now = settings.state().version
    if (now !== version) known.clear()
    version = now
    const before = search === "" ? known.get(path) : undefined
    if (before !== undefined) return before
    const call = restCall(path)
    if (call !== undefined) {
      return Result.flatMap(restPlace(call, headers), (place) => restRoute(settings, place, call, search))
    }
    const found = findPath(settings, path, search)
    if (search === "" && path.length <= longestKnown && Result.isSuccess(found)) {
      if (known.size >= mostKnown) known.clear()
      known.set(path, found)
    }
    return found
  }
}
