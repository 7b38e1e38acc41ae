/** Which deployment, environment and action a call to a model's or chain's own host means. */

type DedicatedHost = {
  readonly kind: "model" | "chain"
  readonly id: string
  /** A regional environment's host names the environment itself and takes bare paths only. */
  readonly takesTargets: boolean
}

export type DedicatedCall = { readonly host: DedicatedHost; readonly path: string }

/** From a path prefix (`/_model/{id}`) or, where names are mapped, from the real host names. */
export function dedicatedCall(path: string, hostHeader: string | undefined): DedicatedCall | undefined {
  const prefixed = /^\/_(model|chain)\/([^/]+)(\/.*)?$/.exec(path)
  if (prefixed !== null) {
    const host = { kind: kindOf(prefixed[1]), id: prefixed[2] ?? "", takesTargets: true }
    return { host, path: prefixed[3] ?? "/" }
  }
  const named = /^(model|chain)-([A-Za-z0-9]+)(?:-([a-z0-9-]+))?\.api\.baseten\.co(?::\d+)?$/.exec(
    hostHeader ?? "",
  )
  if (named === null) return undefined
  const suffix = named[3]
  const takesTargets = suffix === undefined || suffix === "region-us" || suffix === "region-eu"
  return { host: { kind: kindOf(named[1]), id: named[2] ?? "", takesTargets }, path }
}

function kindOf(name: string | undefined): DedicatedHost["kind"] {
  return name === "chain" ? "chain" : "model"
}

type Action =
  | { readonly name: "predict" | "run_remote" | "async_predict" | "async_run_remote" }
  | { readonly name: "async_queue_status" | "wake" }
  | { readonly name: "async_request"; readonly requestId: string }
  | { readonly name: "container"; readonly path: string }
  | { readonly name: "target-refused" }
  | { readonly name: "unknown" }

export function actionOf({ host, path }: DedicatedCall): Action {
  const target = /^\/(?:production|development|environments\/[^/]+|deployment\/[^/]+)(?=\/|$)/.exec(path)
  if (target !== null && !host.takesTargets) return { name: "target-refused" }
  const rest = target === null ? path : path.slice(target[0].length)
  const asyncRequest = /^\/async_request\/([^/]+)$/.exec(rest)
  if (asyncRequest !== null && target === null) {
    return { name: "async_request", requestId: asyncRequest[1] ?? "" }
  }
  const container = /^\/sync(\/.*)$/.exec(rest)
  if (container !== null) return { name: "container", path: container[1] ?? "/" }
  if (target === null && rest.startsWith("/v1/")) return { name: "container", path: rest }
  switch (rest) {
    case "/predict":
    case "/async_predict":
      return host.kind === "model"
        ? { name: rest === "/predict" ? "predict" : "async_predict" }
        : { name: "unknown" }
    case "/run_remote":
    case "/async_run_remote":
      return host.kind === "chain"
        ? { name: rest === "/run_remote" ? "run_remote" : "async_run_remote" }
        : { name: "unknown" }
    case "/async_queue_status":
      return { name: "async_queue_status" }
    case "/wake":
      return { name: "wake" }
  }
  return { name: "unknown" }
}
