/**
 * `npm start`: the gateway on Bun.
 *
 * @module
 */
import { drainsBy, served } from "./module.ts"
import { announce, cannotListen } from "./process.ts"
import { startAgain } from "./start-worker.ts"
import { placeToListen } from "./supervise.ts"

/** The part of Bun's API that is used here. */
declare const Bun: {
  readonly serve: (options: typeof served & { readonly reusePort: boolean }) => {
    readonly hostname: string
    readonly port: number
    readonly stop: () => Promise<void>
  }
}

const { host, port, shares } = await placeToListen(startAgain)
const listen = () => {
  try {
    return Bun.serve({ ...served, port, reusePort: shares })
  } catch (cause) {
    return cannotListen(host, port, cause)
  }
}
const server = listen()
announce(server.hostname, server.port)
drainsBy(server)
