/**
 * `npm start`: the gateway on Bun.
 *
 * @module
 */
import { drainsBy, served } from "./module.ts"
import { announce, cannotListen, settingsOrExit } from "./process.ts"

/** The part of Bun's API that is used here. */
declare const Bun: {
  readonly serve: (options: typeof served) => {
    readonly hostname: string
    readonly port: number
    readonly stop: () => Promise<void>
  }
}

const { host, port } = await settingsOrExit()
const listen = () => {
  try {
    return Bun.serve(served)
  } catch (cause) {
    return cannotListen(host, port, cause)
  }
}
const server = listen()
announce(server.hostname, server.port)
drainsBy(server)
