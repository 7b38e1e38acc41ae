/**
 * The gateway's paths: from a request line to a route.
 *
 * @module
 */
import * as Result from "effect/Result"
import { adminMethodNotAllowed } from "../errors/admin-errors.ts"
import { type GatewayError, invalidProvider, methodNotAllowed, notFound } from "../errors.ts"
import type { Framing } from "../sse/framing.ts"
import { type AdminRoute, findAdminRoute, isAdminPath } from "./admin-paths.ts"
import { gatewayPathForm, type GatewayPlace, parseGatewayPath } from "./paths.ts"
import { withoutEmptySegments } from "./path-spelling.ts"
import { basetenRoute, compatRoute, customRoute, type ProviderUrls } from "./provider-routes.ts"

/** The members of every route. */
interface AnyRoute {
  /** Every method that the route takes, as `Allow` lists them. */
  readonly methods: ReadonlyArray<string>
}

/** A route that the gateway answers itself. */
export interface OwnRoute extends AnyRoute {
  readonly kind: "own"
  readonly name: "home" | "livez" | "readyz"
}

/** The universal endpoint, whose body names the routes to try. */
export interface UniversalRoute extends AnyRoute, GatewayPlace {
  readonly kind: "universal"
}

/** What the holder of a gateway's token has used. */
export interface UsageRoute extends AnyRoute, GatewayPlace {
  readonly kind: "usage"
}

/** A route that a provider answers. */
export interface UpstreamRoute extends AnyRoute, GatewayPlace {
  readonly kind: "upstream"
  /** `baseten`, or `custom-{slug}` for a provider of the operator's. */
  readonly provider: string
  /** For records: which of Baseten's products, and which call. */
  readonly name: string
  readonly url: string
  /** Whether a cold start may hold the request for minutes. */
  readonly dedicated: boolean
  /** The dedicated model or chain, for records. */
  readonly deployment: string | undefined
  /** Whether the model that is called is the one that the body names: nothing in the path can name another. */
  readonly namedByBody: boolean
  /** The framing of its streams, if known. */
  readonly framing: Framing | undefined
  /**
   * Whether the body is forwarded unread, inspected if it is called JSON or in any case, or rewritten: from the compat form,
   * from the REST surface's, where a model without a provider is Baseten's, or from the `{model, input}` of `/ai/run`; or the
   * gateway alone reads it.
   */
  readonly body: "unread" | "json" | "viewed" | "compat" | "rest" | "run" | "read"
  /** The call's path at Model APIs, where the body names the provider: it is another provider's path too. */
  readonly callPath: string | undefined
  /** Whether the answer is one that was made, and counted, by an earlier call: the path names it. */
  readonly isKept: boolean
  /** Whether the answer is a list of models to be converted to the compat form. */
  readonly compatModels: boolean
  /** Whether a key of the caller's is ignored: what stands in its place is a gateway token. */
  readonly storedKeysOnly: boolean
  /** Whether the answer becomes the `{state, result}` of Cloudflare's `/ai/run`. */
  readonly runs: boolean
  /** Whether the gateway itself answers, with an estimate of the tokens that the body has. */
  readonly counts: boolean
  /** Whether a WebSocket opens here: by every GET, or only if the client asks for one; `undefined` if none does. */
  readonly socket: "always" | "asked" | undefined
  /** The method whose answers may be cached; `undefined` if each call has to be made. */
  readonly repeatable: "GET" | "POST" | undefined
}

/** The console: its page, a file of the page, or its session. */
export interface ConsoleRoute extends AnyRoute {
  readonly kind: "console"
  /** `session`, or the name of a file; every path that names no file is a place within the page. */
  readonly file: string
}

/** Where a request goes. */
export type Route = OwnRoute | ConsoleRoute | AdminRoute | UniversalRoute | UsageRoute | UpstreamRoute

/** A route, or the refusal. */
export type RouteResult = Result.Result<Route, GatewayError>

/** What routes depend on: providers' addresses, and whether there are tokens for the admin's paths. */
export interface Destinations extends ProviderUrls {
  readonly adminTokens?: ReadonlyArray<unknown>
  readonly metricsToken?: unknown
}

const hasAdmin = ({ adminTokens = [] }: Destinations): boolean => adminTokens.length > 0

/** Paths without a token that could open them do not exist. */
const isOpenAdminPath = (urls: Destinations, path: string): boolean =>
  isAdminPath(path) && (hasAdmin(urls) || (urls.metricsToken !== undefined && path === "/metrics"))

const ownMethods = ["GET", "HEAD", "OPTIONS"]
const ownRoutes: Readonly<Record<string, OwnRoute>> = {
  "/": { kind: "own", name: "home", methods: ownMethods },
  "/livez": { kind: "own", name: "livez", methods: ownMethods },
  "/readyz": { kind: "own", name: "readyz", methods: ownMethods },
}

const consolePath = /^\/console(?:\/([\w.-]{1,100})?(\/.*)?)?$/

/** What ends like a file's name: no place within the page does. */
const likeFile = /[^/]\.\w+$/

/** The console's route of a path; `undefined` if it is not the console's. */
const consoleRoute = (path: string): ConsoleRoute | undefined => {
  const match = consolePath.exec(path)
  if (match === null) return undefined
  const [, name = "", below = ""] = match
  if (name === "session" && below === "") return { kind: "console", file: name, methods: sessionMethods }
  // Its files are in no folder.
  if (likeFile.test(below)) return undefined
  const file = below === "" && likeFile.test(name) ? name : "index.html"
  return { kind: "console", file, methods: ownMethods }
}
const sessionMethods = ["POST", "DELETE", "OPTIONS"]

const universalMethods = ["POST", "GET", "OPTIONS"]

const findBelow = (
  urls: Destinations,
  place: GatewayPlace,
  provider: string,
  rest: string,
  search: string,
): RouteResult => {
  if (provider === "baseten") return basetenRoute(urls, place, rest, search)
  if (provider === "compat") return compatRoute(urls, place, rest, search)
  return provider.startsWith("custom-")
    ? customRoute(urls, place, provider, rest, search)
    : Result.fail(invalidProvider(provider.slice(0, 100)))
}

/**
 * Finds the route of a path, whatever the method.
 *
 * @param path as the URL standard normalises it
 * @param search the query with its `?`, or nothing
 */
export const findPath = (urls: Destinations, path: string, search: string): RouteResult => {
  const whole = withoutEmptySegments(path)
  const own = ownRoutes[whole]
  if (own !== undefined) return Result.succeed(own)
  if (isOpenAdminPath(urls, whole)) return findAdminRoute(whole)
  const page = hasAdmin(urls) ? consoleRoute(whole) : undefined
  if (page !== undefined) return Result.succeed(page)
  const found = parseGatewayPath(whole)
  if (found === undefined) {
    return Result.fail(notFound(`No route has this path. Calls go to ${gatewayPathForm}/baseten/….`))
  }
  const { account, gateway, provider, rest } = found
  if (provider === "") {
    return Result.succeed({ kind: "universal", account, gateway, methods: universalMethods })
  }
  // No provider is called so: Baseten's is `baseten`, all others begin with `custom-`.
  return provider === "usage" && (rest === "" || rest === "/")
    ? Result.succeed({ kind: "usage", account, gateway, methods: ownMethods })
    : findBelow(urls, { account, gateway }, provider, rest, search)
}

/**
 * Finds the route of a provider's path within a gateway, whatever the method.
 *
 * @param path what follows the provider, as the URL standard normalises it, with its first slash
 * @param search the query with its `?`, or nothing
 */
export const findPathWithin = (
  urls: Destinations,
  place: GatewayPlace,
  provider: string,
  path: string,
  search: string,
): RouteResult => findBelow(urls, place, provider, withoutEmptySegments(path), search)

/** Every method that a route accepts, as `Allow` lists them. */
export const allowedMethods = ({ methods }: Route): ReadonlyArray<string> => methods

/** The route if it accepts a method, else the refusal. */
export const forMethod = (found: RouteResult, method: string): RouteResult => {
  if (Result.isFailure(found)) return found
  const { kind, methods } = found.success
  if (methods.includes(method)) return found
  const refuse = kind === "admin" ? adminMethodNotAllowed : methodNotAllowed
  return Result.fail(refuse(method, methods))
}
