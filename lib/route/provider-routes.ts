/**
 * The paths below a gateway that providers answer.
 *
 * @module
 */
import * as Result from "effect/Result"
import { badRequest, type GatewayError, notFound } from "../errors.ts"
import {
  type BasetenUrls,
  chainUrl,
  firstSegments,
  isDeploymentId,
  modelApisUrl,
  modelUrl,
  socketAt,
} from "./baseten-hosts.ts"
import { customProviderUrl } from "./custom-provider.ts"
import {
  customCall,
  deployedCall,
  exactCall,
  isPlainCall,
  isTokenCount,
  keptAnswerFraming,
  llmCall,
} from "./llm-calls.ts"
import { isPlainPath, plainlySpelt, strayPath } from "./path-spelling.ts"
import type { GatewayPlace } from "./paths.ts"
import { isDeployedInference, isInference } from "./repeatable-calls.ts"
import type { RestCall } from "./rest-paths.ts"
import type { UpstreamRoute } from "./routes.ts"
import {
  everyMethod,
  type Found,
  opening,
  post,
  postIf,
  read,
  tokenCount,
  upstream,
} from "./upstream-route.ts"

/** Baseten's addresses, and the custom providers of each gateway. */
export interface ProviderUrls extends BasetenUrls {
  readonly gateway?: (
    account: string,
    gateway: string,
  ) => { readonly customProviders: ReadonlyMap<string, { readonly baseUrl: string }> } | undefined
}

/** For a path that names a stored answer. */
const keptAt = (path: string): Pick<UpstreamRoute, "framing" | "isKept"> => {
  const framing = keptAnswerFraming(path)
  return { framing, isKept: framing !== undefined }
}

const modelApis = (urls: ProviderUrls, place: GatewayPlace, path: string, search: string): Found => {
  if (!isPlainPath(path)) return Result.fail(strayPath())
  const url = modelApisUrl(urls, path, search)
  if (isTokenCount(path)) return upstream(place, { name: "messages.count_tokens", url, ...tokenCount })
  const call = llmCall(path)
  if (call !== undefined) {
    return upstream(place, {
      ...call,
      url,
      methods: post,
      namedByBody: true,
      body: "viewed",
      repeatable: "POST",
    })
  }
  // Nothing that goes through the gateway changes what Baseten serves.
  if (path === "/v1/models") {
    return upstream(place, { name: "models", url, methods: read, repeatable: "GET" })
  }
  const repeatable = postIf(isInference(plainlySpelt(path)))
  return upstream(place, { name: "model_apis", url, ...keptAt(path), body: "json", repeatable })
}

const deployed = (
  urls: ProviderUrls,
  place: GatewayPlace,
  kind: "model" | "chain",
  path: string,
  search: string,
): Found => {
  const [, id = "", rest = ""] = /^\/([^/]*)\/?(.*)$/s.exec(path) ?? []
  if (!isDeploymentId(id)) {
    return Result.fail(
      badRequest(`The ${kind} id in the path is not 4 to 32 letters and digits. Copy it from Baseten.`),
    )
  }
  const first = rest.split("/", 1)[0] ?? ""
  if (rest !== "" && !firstSegments[kind].has(first)) {
    return Result.fail(
      notFound(`A ${kind} has no route /${first}. Known are: ${[...firstSegments[kind]].join(", ")}.`),
    )
  }
  if (!isPlainPath(rest)) return Result.fail(strayPath())
  const socket = socketAt(rest)
  if (socket === "always") {
    const path = rest === first ? `environments/production/${rest}` : rest
    return upstream(place, {
      name: "websocket",
      url: (kind === "model" ? modelUrl : chainUrl)(urls, id, path, search),
      dedicated: true,
      deployment: id,
      methods: opening,
      socket,
    })
  }
  const call = deployedCall(rest)
  return upstream(place, {
    name: kind === "chain" ? "chain" : call === undefined ? "model" : `model.${call.name}`,
    url: (kind === "model" ? modelUrl : chainUrl)(urls, id, rest, search),
    dedicated: true,
    deployment: id,
    methods: rest === "" ? post : everyMethod,
    ...(call === undefined ? keptAt(`/${rest}`) : { framing: call.framing }),
    body: call === undefined ? "unread" : "viewed",
    socket,
    repeatable: postIf(rest === "" || isDeployedInference(plainlySpelt(`/${rest}`))),
  })
}

/** Paths of Model APIs that clients also call without `/v1`, as the OpenAI SDK does below `…/baseten`. */
const withoutVersion = /^\/(?:chat\/completions|models|responses|messages|embeddings|completions)(?:\/|$)/

/** The route of a path below `baseten`. */
export const basetenRoute = (
  urls: ProviderUrls,
  place: GatewayPlace,
  path: string,
  search: string,
): Found => {
  if (path.startsWith("/model/")) return deployed(urls, place, "model", path.slice("/model".length), search)
  if (path.startsWith("/chain/")) return deployed(urls, place, "chain", path.slice("/chain".length), search)
  if (path.startsWith("/v1/")) return modelApis(urls, place, path, search)
  if (withoutVersion.test(path)) return modelApis(urls, place, `/v1${path}`, search)
  return Result.fail(
    notFound(
      "Below /baseten there are v1/…, chat/completions, models, model/{model_id} and chain/{chain_id}.",
    ),
  )
}

/** The route of a path below `compat`. */
export const compatRoute = (
  urls: ProviderUrls,
  place: GatewayPlace,
  path: string,
  search: string,
): Found => {
  const plain = plainlySpelt(`/v1${path.replace(/^\/v1(?=\/)/, "")}`)
  const url = modelApisUrl(urls, plain, search)
  if (plain === "/v1/models") {
    return upstream(place, {
      name: "compat.models",
      url,
      methods: read,
      compatModels: true,
      repeatable: "GET",
    })
  }
  if (isTokenCount(plain)) {
    return upstream(place, { name: "compat.messages.count_tokens", url, ...tokenCount })
  }
  const call = exactCall(plain)
  return call === undefined ? Result.fail(noSuchCompat()) : upstream(place, {
    name: `compat.${call.name}`,
    url,
    methods: post,
    namedByBody: true,
    framing: call.framing,
    callPath: plain,
    body: "compat",
    repeatable: postIf(isInference(plain)),
  })
}

const noSuchCompat = (): GatewayError =>
  notFound(
    "Compat has no such route. It has POST chat/completions, completions, embeddings, responses and messages, and GET models.",
  )

/** The route of a call of Cloudflare's REST surface, where only the gateway's own keys are used. */
export const restRoute = (
  urls: ProviderUrls,
  place: GatewayPlace,
  { name, path, framing, runs, counts }: RestCall,
  search: string,
): Found =>
  upstream(place, {
    name,
    url: modelApisUrl(urls, path, search),
    methods: post,
    namedByBody: true,
    framing,
    callPath: path,
    body: runs ? "run" : "rest",
    storedKeysOnly: true,
    runs,
    repeatable: "POST",
    ...(counts && tokenCount),
  })

/** The route of a path below `custom-{slug}`. */
export const customRoute = (
  urls: ProviderUrls,
  place: GatewayPlace,
  provider: string,
  path: string,
  search: string,
): Found => {
  const providers = urls.gateway?.(place.account, place.gateway)?.customProviders ?? new Map()
  const url = customProviderUrl(providers, provider, path.slice(1), search)
  if (Result.isFailure(url)) return Result.fail(url.failure)
  const call = customCall(path)
  return upstream(place, {
    provider,
    name: call === undefined ? "custom" : `custom.${call.name}`,
    url: url.success,
    namedByBody: isPlainCall(path),
    ...(call === undefined ? keptAt(path) : { framing: call.framing }),
    body: call === undefined ? "json" : "viewed",
    repeatable: postIf(isInference(plainlySpelt(path))),
  })
}
