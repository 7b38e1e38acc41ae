/**
 * One gateway for each environment.
 *
 * @module
 */
import type { Environment } from "../config/environment.ts"
import type { Gateway } from "../gateway.ts"

/**
 * Creates a gateway at an environment's first request and returns the same one from then on. A Worker's `env` is the
 * same object for all requests of an isolate.
 */
export const perEnvironment = (
  make: (env: Environment) => Gateway,
): (env: Environment) => Gateway => {
  const gateways = new WeakMap<Environment, Gateway>()
  return (env) => {
    let gateway = gateways.get(env)
    if (gateway === undefined) {
      gateway = make(env)
      gateways.set(env, gateway)
    }
    return gateway
  }
}
