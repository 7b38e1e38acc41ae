/**
 * `npm start`: the gateway on Bun.
 *
 * @module
 */
import { isLoopbackName } from "../auth/trust.ts"
import { createGateway, served } from "./module.ts"
import { announce, cannotListen, settingsOrExit, stopOnSignal } from "./process.ts"

/** As much of Bun's API as is used here. */
declare const Bun: {
  readonly serve: (options: {
    readonly hostname: string
    readonly port: number
    readonly idleTimeout: number
    readonly maxRequestBodySize: number
    readonly development: boolean
    readonly fetch: (request: Request) => Promise<Response>
  }) => { readonly hostname: string; readonly port: number; readonly stop: () => Promise<void> }
}

const { host, port } = settingsOrExit()
const gateway = createGateway()
const context = { loopback: isLoopbackName(host) }
const listen = () => {
  try {
    return Bun.serve({
      hostname: host,
      port,
      idleTimeout: served.idleTimeout,
      maxRequestBodySize: served.maxRequestBodySize,
      development: false,
      fetch: (request) => gateway.fetch(request, context),
    })
  } catch (cause) {
    return cannotListen(host, port, cause)
  }
}
const server = listen()
announce(server.hostname, server.port)
stopOnSignal(gateway, () => void server.stop())
