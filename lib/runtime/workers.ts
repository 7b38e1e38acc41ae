/**
 * The Worker: `dist/worker.js` is this file with everything it needs.
 *
 * @module
 */
import type { Environment } from "../config/environment.ts"
import { makeGateway } from "../gateway.ts"
import { perEnvironment } from "./per-environment.ts"
import { layerWorkers, workersTraits } from "./workers-host.ts"

const gatewayOf = perEnvironment((env) => makeGateway({ env, transport: layerWorkers }, workersTraits))

/** Cloudflare's edge says in which of its data centres a request came in. */
const isFromCloudflare = (request: Request): boolean =>
  (request as { readonly cf?: { readonly colo?: unknown } | null }).cf?.colo !== undefined

export default {
  fetch: (
    request: Request,
    env: Environment,
    ctx: { waitUntil(promise: Promise<unknown>): void },
  ): Promise<Response> =>
    gatewayOf(env).fetch(request, {
      waitUntil: (promise) => ctx.waitUntil(promise),
      // Set by `npm run start:workers`, which knows what it listens on; means nothing on Cloudflare's network.
      loopback: env["BASEGATE_ON_LOOPBACK"] === "true" && !isFromCloudflare(request),
    }),
}
