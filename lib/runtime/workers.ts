/**
 * The Worker: `dist/worker.js` is this file with everything it needs.
 *
 * @module
 */
import type { Environment } from "../config/environment.ts"
import { gatewayOf } from "./module.ts"

export default {
  fetch: (
    request: Request,
    env: Environment,
    ctx: { waitUntil(promise: Promise<unknown>): void },
  ): Promise<Response> =>
    gatewayOf(env).fetch(request, {
      waitUntil: (promise) => ctx.waitUntil(promise),
      // Set by `npm run start:workers`, which knows what it listens on; means nothing on Cloudflare's network.
      loopback: env["BASEGATE_ON_LOOPBACK"] === "true" && !("cf" in request && request.cf !== undefined),
    }),
}
