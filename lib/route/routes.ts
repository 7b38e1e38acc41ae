/**
 * The gateway's paths: from a request line to a route.
 *
 * @module
 */
import { adminMethodNotAllowed } from "../errors/admin-errors.ts"
import { badRequest, type GatewayError, invalidProvider, methodNotAllowed, notFound } from "../errors.ts"
import type { Framing } from "../sse/framing.ts"
import { type AdminRoute, findAdminRoute, isAdminPath } from "./admin-paths.ts"
import {
  type BasetenUrls,
  chainUrl,
  firstSegments,
  isDeploymentId,
  modelApisUrl,
  modelUrl,
} from "./baseten-hosts.ts"
import { customProviderUrl } from "./custom-provider.ts"
import { customCall, deployedCall, llmCall } from "./llm-calls.ts"
import { isDeployedInference, isInference } from "./repeatable-calls.ts"
import { isPlainPath, plainlySpelt, strayPath, withoutEmptySegments } from "./path-spelling.ts"

/** A route that the gateway answers itself. */
export interface OwnRoute {
  readonly kind: "own"
  readonly name: "home" | "livez" | "readyz"
}

/** The universal endpoint, whose body names the routes to try. */
export interface UniversalRoute {
  readonly kind: "universal"
  readonly account: string
  readonly gateway: string
}

/** A route that a provider answers. */
export interface UpstreamRoute {
  readonly kind: "upstream"
  /** `baseten`, or `custom-{slug}` for a provider of the operator's. */
  readonly provider: string
  /** For records: which of Baseten's products, and which call. */
  readonly name: string
  readonly account: string
  readonly gateway: string
  readonly url: string
  /** The methods it takes; nothing where Baseten decides. */
  readonly methods: ReadonlyArray<string> | undefined
  /** Whether a cold start may park the request for minutes. */
  readonly dedicated: boolean
  /** The dedicated model or chain, for records. */
  readonly deployment: string | undefined
  /** The framing of its streams, where the gateway knows it. */
  readonly framing: Framing | undefined
  /** Whether the body is forwarded unread, looked at if it is called JSON or at all, or rewritten from the compat form. */
  readonly body: "unread" | "json" | "viewed" | "compat"
  /** Whether the answer is a list of models to be put in the compat form. */
  readonly compatModels: boolean
  /** The method whose answers may be kept and given again; nothing where each call counts. */
  readonly repeatable: "GET" | "POST" | undefined
}

/** Where a request goes. */
export type Route = OwnRoute | AdminRoute | UniversalRoute | UpstreamRoute

/** What routes depend on: Baseten's addresses, whether there is an admin, and the custom providers of each gateway. */
export interface Destinations extends BasetenUrls {
  /** Without one there are no routes for the admin. */
  readonly adminToken?: unknown
  readonly gateway?: (
    account: string,
    gateway: string,
  ) => { readonly customProviders: ReadonlyMap<string, { readonly baseUrl: string }> } | undefined
}

const own: Record<string, OwnRoute["name"]> = { "/": "home", "/livez": "livez", "/readyz": "readyz" }
const dataPlane = /^\/v1\/([\w-]{1,64})\/([\w-]{1,64})(?:\/([^/]*)(\/.*)?)?$/

/** The account and the gateway that a path of the data plane names, whatever follows; nothing of another path. */
export const placeOf = (path: string): { readonly account: string; readonly gateway: string } | undefined => {
  const [, account, gateway] = dataPlane.exec(withoutEmptySegments(path)) ?? []
  return account === undefined || gateway === undefined ? undefined : { account, gateway }
}

/** Paths of Model APIs that clients also call without `/v1`, as the OpenAI SDK does below `…/baseten`. */
const withoutVersion = /^\/(?:chat\/completions|models|responses|messages|embeddings|completions)(?:\/|$)/

interface Place {
  readonly account: string
  readonly gateway: string
  readonly search: string
  readonly urls: BasetenUrls
}

const upstream = (
  place: Place,
  route: Partial<UpstreamRoute> & Pick<UpstreamRoute, "name" | "url">,
): UpstreamRoute => ({
  kind: "upstream",
  provider: "baseten",
  account: place.account,
  gateway: place.gateway,
  methods: undefined,
  dedicated: false,
  deployment: undefined,
  framing: undefined,
  body: "unread",
  compatModels: false,
  repeatable: undefined,
  ...route,
})

const inferred = (is: (path: string) => boolean, path: string) => is(plainlySpelt(path)) ? "POST" : undefined

const modelApis = (place: Place, path: string): Route | GatewayError => {
  if (!isPlainPath(path)) return strayPath()
  const url = modelApisUrl(place.urls, path, place.search)
  const call = llmCall(path)
  if (call !== undefined) {
    return upstream(place, { ...call, url, methods: ["POST"], body: "viewed", repeatable: "POST" })
  }
  // Nothing that goes through the gateway changes what Baseten serves.
  if (path === "/v1/models") {
    return upstream(place, { name: "models", url, methods: ["GET", "HEAD"], repeatable: "GET" })
  }
  return upstream(place, { name: "model_apis", url, body: "json", repeatable: inferred(isInference, path) })
}

const deployed = (place: Place, kind: "model" | "chain", path: string): Route | GatewayError => {
  const [, id = "", rest = ""] = /^\/([^/]*)\/?(.*)$/s.exec(path) ?? []
  if (!isDeploymentId(id)) {
    return badRequest(`The ${kind} id in the path is not 4 to 32 letters and digits. Copy it from Baseten.`)
  }
  const first = rest.split("/", 1)[0] ?? ""
  if (rest !== "" && !firstSegments[kind].has(first)) {
    return notFound(`A ${kind} has no route /${first}. Known are: ${[...firstSegments[kind]].join(", ")}.`)
  }
  if (!isPlainPath(rest)) return strayPath()
  const url = kind === "model"
    ? modelUrl(place.urls, id, rest, place.search)
    : chainUrl(place.urls, id, rest, place.search)
  const call = deployedCall(rest)
  return upstream(place, {
    name: kind === "chain" ? "chain" : call === undefined ? "model" : `model.${call.name}`,
    url,
    dedicated: true,
    deployment: id,
    methods: rest === "" ? ["POST"] : undefined,
    framing: call?.framing,
    body: call === undefined ? "unread" : "viewed",
    repeatable: rest === "" ? "POST" : inferred(isDeployedInference, `/${rest}`),
  })
}

const compat = (place: Place, path: string): Route | GatewayError => {
  switch (path.replace(/^\/v1\//, "/")) {
    case "/chat/completions":
      return upstream(place, {
        name: "compat.chat.completions",
        url: modelApisUrl(place.urls, "/v1/chat/completions", place.search),
        methods: ["POST"],
        framing: "chat",
        body: "compat",
        repeatable: "POST",
      })
    case "/models":
      return upstream(place, {
        name: "compat.models",
        url: modelApisUrl(place.urls, "/v1/models", place.search),
        methods: ["GET", "HEAD"],
        compatModels: true,
        repeatable: "GET",
      })
    default:
      return notFound("Compat has no such route. It has POST chat/completions and GET models.")
  }
}

const baseten = (place: Place, path: string): Route | GatewayError => {
  if (path.startsWith("/model/")) return deployed(place, "model", path.slice("/model".length))
  if (path.startsWith("/chain/")) return deployed(place, "chain", path.slice("/chain".length))
  if (path.startsWith("/v1/")) return modelApis(place, path)
  if (withoutVersion.test(path)) return modelApis(place, `/v1${path}`)
  return notFound(
    "Below /baseten there are v1/…, chat/completions, models, model/{model_id} and chain/{chain_id}.",
  )
}

const custom = (
  place: Place,
  providers: ReadonlyMap<string, { readonly baseUrl: string }>,
  provider: string,
  path: string,
): Route | GatewayError => {
  const url = customProviderUrl(providers, provider, path.slice(1), place.search)
  if (url instanceof Error) return url
  const call = customCall(path)
  return upstream(place, {
    provider,
    name: call === undefined ? "custom" : `custom.${call.name}`,
    url,
    framing: call?.framing,
    body: call === undefined ? "json" : "viewed",
    repeatable: inferred(isInference, path),
  })
}

/** Finds the route of a path, whatever the method. */
const find = (urls: Destinations, path: string, search: string): Route | GatewayError => {
  const name = own[path]
  if (name !== undefined) return { kind: "own", name }
  if (urls.adminToken !== undefined && isAdminPath(path)) return findAdminRoute(path)
  const [matched, account = "", gateway = "", provider = "", rest = ""] = dataPlane.exec(path) ?? []
  if (matched === undefined) {
    return notFound("No route has this path. Calls go to /v1/{account_id}/{gateway_id}/baseten/….")
  }
  const place: Place = { account, gateway, search, urls }
  if (provider === "baseten") return baseten(place, rest)
  if (provider === "compat") return compat(place, rest)
  if (provider === "") return { kind: "universal", account, gateway }
  if (!provider.startsWith("custom-")) return invalidProvider(provider.slice(0, 100))
  return custom(place, urls.gateway?.(account, gateway)?.customProviders ?? new Map(), provider, rest)
}

const methodsOf = (route: Route): ReadonlyArray<string> => {
  switch (route.kind) {
    case "own":
      return ["GET", "HEAD"]
    case "universal":
      return ["POST", "GET"]
    case "admin":
      return route.methods
    case "upstream":
      return route.methods ?? ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
  }
}

/** Every method that a route takes, as `Allow` lists them. */
export const allowedMethods = (route: Route): ReadonlyArray<string> => [...methodsOf(route), "OPTIONS"]

/**
 * Finds where a request goes.
 *
 * @param path the URL's path, as the URL standard normalises it
 * @param search the query with its `?`, or nothing
 */
export const findRoute = (
  urls: Destinations,
  method: string,
  path: string,
  search: string,
): Route | GatewayError => {
  const route = find(urls, withoutEmptySegments(path), search)
  if (route instanceof Error || allowedMethods(route).includes(method)) return route
  const refuse = route.kind === "admin" ? adminMethodNotAllowed : methodNotAllowed
  return refuse(method, allowedMethods(route))
}
