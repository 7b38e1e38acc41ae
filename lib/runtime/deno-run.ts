/**
 * The gateway on Deno, by `deno run`: what `deno serve` does with the module's default export.
 *
 * @module
 */
import { drainsBy, served } from "./module.ts"
import { cannotListen } from "./process.ts"
import { startAgain } from "./start-worker.ts"
import { placeToListen } from "./supervise.ts"

/** The part of Deno's API that is used here. */
declare const Deno: {
  readonly serve: (
    options: Pick<typeof served, "hostname" | "port" | "onListen"> & { readonly reusePort: boolean },
    handler: (request: Request, info: object) => Promise<Response>,
  ) => { readonly shutdown: () => Promise<void> }
}

const { host, port, shares } = await placeToListen(startAgain)
try {
  const server = Deno.serve(
    { hostname: host, port, reusePort: shares, onListen: served.onListen },
    (request, info) => served.fetch(request, info),
  )
  // On its own, it refuses new requests in words while it stops; if others share the port, it stops listening, so
  // that they take them.
  if (shares) drainsBy({ stop: () => server.shutdown() })
} catch (cause) {
  cannotListen(host, port, cause)
}
