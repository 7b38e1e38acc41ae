/**
 * The gateway on Deno, by `deno run`: what `deno serve` does with the module's default export.
 *
 * @module
 */
import { served } from "./module.ts"
import { cannotListen, settingsOrExit } from "./process.ts"

/** The part of Deno's API that is used here. */
declare const Deno: {
  readonly serve: (
    options: Pick<typeof served, "hostname" | "port" | "onListen">,
    handler: (request: Request, info: object) => Promise<Response>,
  ) => unknown
}

const { host, port } = await settingsOrExit()
try {
  Deno.serve(
    { hostname: host, port, onListen: served.onListen },
    (request, info) => served.fetch(request, info),
  )
} catch (cause) {
  cannotListen(host, port, cause)
}
