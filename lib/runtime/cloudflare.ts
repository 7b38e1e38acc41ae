/**
 * `basegate/cloudflare`: the Worker with Durable Objects. `dist/cloudflare.js` is this file with everything it needs.
 *
 * Bound as `BASEGATE_OBJECTS`, objects of the class `BasegateObject` keep counts, written settings and the log for all
 * isolates. Without the binding it is the Worker of `dist/worker.js`.
 *
 * @module
 */
import { isNamespace } from "./cloudflare/ask-object.ts"
import { objectsTraits } from "./cloudflare/objects-host.ts"
import { makeWorkerHandler } from "./worker-handler.ts"
import { workersTraits } from "./workers-host.ts"

export { BasegateObject } from "./cloudflare/BasegateObject.ts"

const worker: ReturnType<typeof makeWorkerHandler> = makeWorkerHandler((bindings) => {
  const { BASEGATE_OBJECTS: objects, ...env } = bindings
  // What is bound to something else is reported as a variable that is wrong.
  return isNamespace(objects)
    ? { env, traits: objectsTraits(objects) }
    : { env: bindings, traits: workersTraits }
})

export default worker
