/**
 * The default export of `mod.ts`: one handler for every host that serves a module's `fetch`.
 *
 * @module
 */
import { isLoopbackName } from "../auth/trust.ts"
import { type Environment, readSettings, type SettingsShape } from "../config/environment.ts"
import type { RequestContext } from "../exchange.ts"
import { type Gateway, type GatewayOptions, makeGateway } from "../gateway.ts"
import * as Result from "effect/Result"
import { serveWithSockets } from "./handshake.ts"
import { hostEnvironment, hostTraits, layerHost } from "./host.ts"
import { perEnvironment } from "./per-environment.ts"
import { announce, askPermissions } from "./process.ts"
import { layerTerminal } from "./terminal.ts"
import { type BunServer, bunWebSocket, upgradeOf } from "./upgrade.ts"

/** Makes a gateway over the runtime's best transport. Variables come from `options.env`, else from the process. */
export const createGateway = (options: GatewayOptions = {}): Gateway =>
  makeGateway({ env: hostEnvironment, transport: layerHost(), ...options }, hostTraits())

/** What hosts pass beside the request: Workers `env` and `ctx`, Bun its server, Deno the peer's address. */
interface Lent {
  readonly waitUntil?: (promise: Promise<unknown>) => void
  readonly hostname?: string
}

/** The settings that a server reads before the first request; defaults where they are malformed. */
const listener = (): Pick<SettingsShape, "host" | "port" | "largestBody"> => {
  const settings = readSettings(hostEnvironment())
  return Result.isSuccess(settings) ? settings.success : { host: "127.0.0.1", port: 8787, largestBody: 0 }
}

/** The least that Bun is to take for a message, in bytes. */
const leastPayload = 67_108_864

const thisProcess: Environment = {}
const ofEnvironment = perEnvironment((env) =>
  createGateway(env === thisProcess ? { layer: layerTerminal } : { env })
)

/** The gateway of the process. */
export const processGateway = (): Gateway => ofEnvironment(thisProcess)

let bound: string | undefined

/** Serves on Workers (`env`, `ctx`), Deno (`deno serve`) and Bun (`bun run`). */
const fetch = (request: Request, second?: object, third?: Lent): Promise<Response> => {
  if (typeof third?.waitUntil === "function") {
    return ofEnvironment(second as Environment ?? thisProcess).fetch(request, {
      waitUntil: (promise) => third.waitUntil?.(promise),
    })
  }
  const hostname = bound ?? (second as Lent | undefined)?.hostname
  const context: RequestContext = { loopback: hostname !== undefined && isLoopbackName(hostname) }
  const gateway = processGateway()
  const upgrade = upgradeOf(gateway, request, context, second as BunServer | undefined)
  if (upgrade === undefined) return gateway.fetch(request, context)
  // Bun takes nothing for an answer to a request that has become a socket.
  return serveWithSockets(gateway, request, context, upgrade) as Promise<Response>
}

/** The module's default export. `port`, `hostname` and the rest are read by servers alone. */
export const served = {
  fetch,
  /** Bun and Deno read these when they start to listen, not when the module is imported. */
  get port(): number {
    return listener().port
  },
  get hostname(): string {
    return listener().host
  },
  /** Bun shows what a handler throws as a page unless told otherwise. */
  development: false,
  /** Bun's handlers of WebSockets. */
  websocket: {
    ...bunWebSocket,
    /** Bun closes the socket above this, at 16 MiB unless told otherwise; what is over a gateway's limit is told so. */
    get maxPayloadLength(): number {
      return Math.min(Math.max(2 * listener().largestBody, leastPayload), 0xffff_ffff)
    },
    /** Bun drops what is sent above 16 MiB unless told otherwise; the conversation waits before that. */
    backpressureLimit: 0,
  },
  /** Bun closes a connection after 10 s without bytes unless told otherwise; a cold start takes minutes. */
  idleTimeout: 0,
  /** Bun's own limit is 128 MB; the gateway's setting decides. */
  maxRequestBodySize: Number.MAX_SAFE_INTEGER,
  /** `deno serve` tells which address it has bound. */
  onListen: ({ hostname, port }: { readonly hostname: string; readonly port: number }): void => {
    bound = hostname
    askPermissions()
    announce(hostname, port)
  },
}
