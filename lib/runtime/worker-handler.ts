/**
 * How a Worker serves requests.
 *
 * @module
 */
import type { Environment } from "../config/environment.ts"
import { makeGateway } from "../gateway.ts"
import type { HostCapabilities } from "../layers.ts"
import { serveWithSockets } from "./handshake.ts"
import { perEnvironment } from "./per-environment.ts"
import { afterUpload, mayBeSending } from "./unread-upload.ts"
import { openWorkers, type WorkersSocket } from "./workers-socket.ts"
import { serveSocket } from "./serve-socket.ts"
import { layerWorkers } from "./workers-host.ts"

/** Cloudflare's edge says in which of its data centres a request arrived. */
const isFromCloudflare = (request: Request): boolean =>
  (request as { readonly cf?: { readonly colo?: unknown } | null }).cf?.colo !== undefined

/** Set by Cloudflare's edge, which does not accept it from callers. */
const clientAddress = (request: Request): string | null =>
  isFromCloudflare(request) ? request.headers.get("cf-connecting-ip") : null

/** The part of Workers' API that is used here. */
declare const WebSocketPair: new () => readonly [client: unknown, server: WorkersSocket]

/** A Worker's handler. */
export interface WorkerHandler {
  readonly fetch: (
    request: Request,
    env: Environment,
    ctx: { waitUntil(promise: Promise<unknown>): void },
  ) => Promise<Response>
}

/**
 * Makes the handler.
 *
 * @param of which variables and which services there are where a Worker has these bindings
 */
export const makeWorkerHandler = (
  of: (env: Environment) => { readonly env: Environment; readonly traits: HostCapabilities },
): WorkerHandler => {
  const gatewayOf = perEnvironment((bindings) => {
    const { env, traits } = of(bindings)
    return makeGateway({ env, transport: layerWorkers }, traits)
  })
  return {
    fetch: (
      request: Request,
      env: Environment,
      ctx: { waitUntil(promise: Promise<unknown>): void },
    ): Promise<Response> => {
      const gateway = gatewayOf(env)
      const context = {
        waitUntil: (promise: Promise<unknown>) => ctx.waitUntil(promise),
        // Set by `npm run start:workers`, which knows what it listens on; means nothing on Cloudflare's network.
        clientAddress,
        loopback: env["BASEGATE_ON_LOOPBACK"] === "true" && !isFromCloudflare(request),
      }
      const answering = serveWithSockets(gateway, request, context, (handshake) => {
        const { 0: client, 1: server } = new WebSocketPair()
        serveSocket(gateway, handshake, context, openWorkers(server))
        const { protocol } = handshake
        const headers = {
          ...Object.fromEntries(handshake.headers),
          ...(protocol && { "sec-websocket-protocol": protocol }),
        }
        return new Response(null, { status: 101, headers, webSocket: client } as ResponseInit)
      })
      // Cloudflare's edge reads uploads to their end by itself.
      return mayBeSending(request) && !isFromCloudflare(request) ? afterUpload(request, answering) : answering
    },
  }
}
