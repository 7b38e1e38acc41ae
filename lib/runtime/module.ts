/**
 * The default export of `mod.ts`: one handler for every host that serves a module's `fetch`.
 *
 * @module
 */
import { isLoopbackName } from "../auth/stored-key-policy.ts"
import { problemsText } from "../config/declaration.ts"
import { type Environment, loadSettings, readVariables } from "../config/environment.ts"
import type { HostContext } from "../exchange.ts"
import { type Gateway, type GatewayOptions, makeGateway } from "../gateway.ts"
import * as Result from "effect/Result"
import { toBunResponse } from "./bun-answer.ts"
import { serveWithSockets } from "./handshake.ts"
import { whenReady } from "../time/awaitable.ts"
import { hostEnvironment, hostTraits, layerHost } from "./host.ts"
import { processFiles } from "./process-files.ts"
import { perEnvironment } from "./per-environment.ts"
import { announce, askPermissions, warnAtStart } from "./process.ts"
import { stopOnSignal } from "./signals.ts"
import { layerTerminal } from "./terminal.ts"
import { findSeat } from "./worker-seat.ts"
import { afterUpload, mayBeSending } from "./unread-upload.ts"
import { type BunServer, bunWebSocket, upgradeOf } from "./upgrade.ts"

/**
 * Creates a gateway over the runtime's best transport. Nothing happens before its first request.
 *
 * Malformed settings do not throw: each request is then answered with 500, which names the setting.
 */
export const createGateway = (options: GatewayOptions = {}): Gateway =>
  makeGateway({ env: hostEnvironment, transport: layerHost(), ...options }, hostTraits())

/** What hosts pass beside the request: Workers `env` and `ctx`, Bun its server, Deno the peer's address. */
interface Lent {
  readonly waitUntil?: (promise: Promise<unknown>) => void
  readonly hostname?: string
  /** Deno's. */
  readonly remoteAddr?: { readonly hostname?: string }
  /** Bun's. */
  readonly requestIP?: (request: Request) => { readonly address: string } | null
}

/** How long Bun keeps an idle client connection between two requests, in seconds, as Node does. */
const idleSeconds = 75

/** The smallest message limit for Bun, in bytes. */
const leastPayload = 67_108_864

const thisProcess: Environment = {}
const ofEnvironment = perEnvironment((env) =>
  createGateway(env === thisProcess ? { layer: layerTerminal } : { env })
)

/** The gateway of the process. */
const processGateway = (): Gateway => ofEnvironment(thisProcess)

let bound: string | undefined

/** Bun's server, which it passes with each request, and which can stop listening. */
let listening: Pick<BunServer, "stop"> | undefined

/**
 * Where a server should listen. If other settings are malformed it listens nevertheless, and each request is answered
 * with the problem; if these are, it cannot.
 */
const address = (): { readonly host: string; readonly port: number } => {
  const { HOST, HOST_FILE, PORT, PORT_FILE } = hostEnvironment()
  const settings = readVariables({ HOST, HOST_FILE, PORT, PORT_FILE }, processFiles())
  if (Result.isFailure(settings)) throw new Error(`basegate cannot start: ${problemsText(settings.failure)}`)
  drainOnSignal()
  warnAtStart(settings.success.host)
  return settings.success
}

let drains = false

/** Warns that a host that serves the module runs it in one process, whatever the variables say. */
const warnOfOneProcess = (workers: number | "auto"): void => {
  if (workers !== 1 && findSeat() === undefined) {
    console.error(
      "basegate: BASEGATE_WORKERS: a host that serves the module is one process; `basegate start` has several.",
    )
  }
}

/** The gateway handles the signals to stop once a server listens, not from its import on. */
const drainOnSignal = (): void => {
  if (drains) return
  drains = true
  const [environment, files] = [hostEnvironment(), processFiles()]
  void whenReady(loadSettings({ environment, files }), (loaded) => {
    if (Result.isSuccess(loaded)) return
    console.error(`basegate answers every request with 500: ${problemsText(loaded.failure)}`)
  })
  const variables = readVariables(environment, files)
  // If the variables are malformed, there are no requests to wait for.
  const { grace, workers } = Result.getOrElse(variables, () => ({ grace: 0, workers: 1 }) as const)
  warnOfOneProcess(workers)
  // `deno serve` keeps listening while it stops; the gateway refuses the requests that come then.
  stopOnSignal(processGateway(), grace, () => void listening?.stop?.())
}

/** Registers the server to stop, if no request has done so yet. */
export const drainsBy = (server: Pick<BunServer, "stop">): void => {
  listening = server
}

/** Bun's current message limit, in bytes. */
let payload = 0

const payloadOf = (gateway: Gateway): number =>
  Math.min(Math.max(2 * gateway.largestBody(), leastPayload), 0xffff_ffff)

/** Sets Bun's message limit for all its sockets, if the settings have changed it. */
const followLimit = (gateway: Gateway, server: BunServer | undefined): void => {
  if (payloadOf(gateway) !== payload) server?.reload?.(served)
}

/** The context of a request by what the runtime passes with it: Bun its server, Deno the peer's address. */
const contextOf = (lent: Lent | undefined): HostContext => {
  const hostname = bound ?? lent?.hostname
  return {
    loopback: hostname !== undefined && isLoopbackName(hostname),
    clientAddress: (asked) => lent?.requestIP?.(asked)?.address ?? lent?.remoteAddr?.hostname ?? null,
  }
}

/**
 * One context for all requests of one of Bun's servers, whose `hostname` takes longer to read than everything else.
 */
const ofServers = new WeakMap<object, HostContext>()
const ofServer = (server: BunServer | undefined): HostContext => {
  if (server === undefined) return contextOf(undefined)
  const known = ofServers.get(server)
  if (known !== undefined) return known
  const context: HostContext = {
    ...contextOf(server as Lent),
    onEnd: (request) => server.timeout?.(request, idleSeconds),
  }
  ofServers.set(server, context)
  return context
}

/** Serves on Workers (`env`, `ctx`), Deno (`deno serve`) and Bun (`bun run`). */
const fetch = (request: Request, second?: object, third?: Lent): Promise<Response> => {
  if (typeof third?.waitUntil === "function") {
    return ofEnvironment(second as Environment ?? thisProcess).fetch(request, {
      waitUntil: (promise) => third.waitUntil?.(promise),
    })
  }
  const gateway = processGateway()
  const server = second as BunServer | undefined
  if ("Bun" in globalThis && !request.headers.has("upgrade")) {
    listening ??= server
    const answering = gateway.handle(request, ofServer(server), toBunResponse)
    return mayBeSending(request) ? afterUpload(request, answering) : answering
  }
  const context = contextOf(second)
  const upgrade = upgradeOf(gateway, request, context, server)
  if (upgrade === undefined) return gateway.fetch(request, context)
  // Bun expects no response for a request that has become a socket.
  return serveWithSockets(gateway, request, context, (handshake) => {
    followLimit(gateway, server)
    return upgrade(handshake)
  }) as Promise<Response>
}

/** The module's default export, as hosts read it. */
export interface Served {
  readonly fetch: (request: Request, second?: object, third?: Lent) => Promise<Response>
  readonly port: number
  readonly hostname: string
  readonly development: boolean
  readonly websocket: object
  readonly idleTimeout: number
  readonly maxRequestBodySize: number
  readonly onListen: (address: { readonly hostname: string; readonly port: number }) => void
}

/** The module's default export. `port`, `hostname` and the rest are read by servers alone. */
export const served: Served = {
  fetch,
  /** Bun and Deno read these when they start to listen, not when the module is imported. */
  get port(): number {
    return address().port
  },
  get hostname(): string {
    return address().host
  },
  /** By default, Bun shows errors of a handler as a page. */
  development: false,
  /** Bun's handlers of WebSockets. */
  websocket: {
    ...bunWebSocket,
    /**
     * Bun closes the socket above this limit, 16 MiB by default; messages over a gateway's own limit get an answer.
     */
    get maxPayloadLength(): number {
      return payload = payloadOf(processGateway())
    },
    /** By default Bun drops what is sent above 16 MiB; the conversation applies back-pressure before that. */
    backpressureLimit: 0,
  },
  /**
   * By default Bun closes a connection after 10 s without bytes, but a cold start takes minutes. Once an answer has
   * ended, an idle limit is set for the connection.
   */
  idleTimeout: 0,
  /** Bun's own limit is 128 MB; the gateway's setting decides. */
  maxRequestBodySize: Number.MAX_SAFE_INTEGER,
  /** `deno serve` tells which address it has bound. */
  onListen: ({ hostname, port }) => {
    bound = hostname
    askPermissions()
    drainOnSignal()
    announce(hostname, port)
  },
}
