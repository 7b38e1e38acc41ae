/**
 * What the routes that a provider answers have in common.
 *
 * @module
 */
import * as Result from "effect/Result"
import type { GatewayError } from "../errors.ts"
import type { GatewayPlace } from "./paths.ts"
import type { UpstreamRoute } from "./routes.ts"

/** A route, or why there is none. */
export type Found = Result.Result<UpstreamRoute, GatewayError>

/** Unless a route is known to accept fewer, the provider decides. */
export const everyMethod = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
/** What inference takes. */
export const post = ["POST", "OPTIONS"]
/** What lists take. */
export const read = ["GET", "HEAD", "OPTIONS"]
/** What WebSockets open by. */
export const opening = ["GET", "OPTIONS"]

/** A route with what most have in common. */
export const upstream = (
  place: GatewayPlace,
  route: Partial<UpstreamRoute> & Pick<UpstreamRoute, "name" | "url">,
): Found =>
  Result.succeed({
    kind: "upstream",
    provider: "baseten",
    account: place.account,
    gateway: place.gateway,
    methods: everyMethod,
    dedicated: false,
    deployment: undefined,
    namedByBody: false,
    framing: undefined,
    callPath: undefined,
    isKept: false,
    body: "unread",
    compatModels: false,
    storedKeysOnly: false,
    runs: false,
    counts: false,
    socket: undefined,
    repeatable: undefined,
    ...route,
  })

/** What the gateway answers itself, since Baseten does not. */
export const tokenCount = { methods: post, body: "read", counts: true } as const

/** Inference may be repeated; whether another call may be is unknown. */
export const postIf = (isInference: boolean): "POST" | undefined => isInference ? "POST" : undefined
