/**
 * Baseten's addresses: from a path below `/baseten` to a URL.
 *
 * Where a request may go is decided here, from settings and two validated ids. Nothing else that a caller
 * sends reaches the host part of a URL.
 *
 * @module
 */

/** The three kinds of host that Baseten serves inference from. */
export interface BasetenUrls {
  /** Model APIs, such as `https://inference.baseten.co`. */
  readonly inferenceUrl: string
  /** Dedicated deployments, with `{model_id}` to be replaced. */
  readonly modelUrl: string
  /** Chains, with `{chain_id}` to be replaced. */
  readonly chainUrl: string
}

/**
 * Whether a text can be a model or chain id. Baseten's are 7 or 8 letters and digits; the bound is wider, but
 * allows nothing that has a meaning in a host name.
 */
export const isDeploymentId = (id: string): boolean => /^[A-Za-z0-9]{4,32}$/.test(id)

const targets = ["production", "development", "environments", "deployment"]
const everywhere = [...targets, "async_request", "async_queue_status", "wake", "websocket"]

/**
 * What may follow the id: Baseten's targets and actions. The bare actions serve regional environments, whose
 * hosts take no target; the bare `sync` and `v1` are in Baseten's own examples.
 */
export const firstSegments = {
  model: new Set([...everywhere, "sync", "v1", "predict", "async_predict"]),
  chain: new Set([...everywhere, "run_remote", "async_run_remote"]),
} as const

const socketPath = /^(?:(?:production|development|(?:environments|deployment)\/[^/]+)\/)?websocket\/?$/
const containerPath = /^(?:(?:production|development|(?:environments|deployment)\/[^/]+)\/)?(?:sync|v1)\/./

/**
 * Whether a WebSocket opens at a path below the id: at Baseten's own always; in a container where its server does, as vLLM's
 * at `sync/v1/realtime` and Truss' at `sync/v1/websocket`.
 */
export const socketAt = (rest: string): "always" | "asked" | undefined =>
  socketPath.test(rest) ? "always" : containerPath.test(rest) ? "asked" : undefined

/** The URL at Model APIs of a path that starts with `/v1/`. */
export const modelApisUrl = (urls: BasetenUrls, path: string, search: string): string =>
  `${urls.inferenceUrl}${path}${search}`

/** The URL of a dedicated deployment. Without a rest: its production environment's `predict`. */
export const modelUrl = (urls: BasetenUrls, id: string, rest: string, search: string): string =>
  `${urls.modelUrl.replaceAll("{model_id}", id)}/${rest === "" ? "production/predict" : rest}${search}`

/** The URL of a chain. Without a rest: its production environment's `run_remote`. */
export const chainUrl = (urls: BasetenUrls, id: string, rest: string, search: string): string =>
  `${urls.chainUrl.replaceAll("{chain_id}", id)}/${rest === "" ? "production/run_remote" : rest}${search}`
