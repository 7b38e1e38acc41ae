/**
 * The Worker: `dist/worker.js` is this file with everything it needs.
 *
 * @module
 */
import { createGateway } from "./module.ts"
import type { Gateway } from "../gateway.ts"

type Bindings = Readonly<Record<string, unknown>>

/** One gateway an isolate; its layers build without awaiting, as Workers require of shared state. */
const gateways = new WeakMap<Bindings, Gateway>()

export default {
  fetch: (
    request: Request,
    env: Bindings,
    ctx: { waitUntil(promise: Promise<unknown>): void },
  ): Promise<Response> => {
    let gateway = gateways.get(env)
    if (gateway === undefined) gateways.set(env, gateway = createGateway({ env }))
    return gateway.fetch(request, {
      waitUntil: (promise) => ctx.waitUntil(promise),
      // Set by `npm run start:workers`, which knows what it listens on. Nothing else sets it.
      loopback: env["BASEGATE_ON_LOOPBACK"] === "true",
    })
  },
}
