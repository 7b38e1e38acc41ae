/**
 * The Worker: `dist/worker.js` is this file with everything it needs.
 *
 * @module
 */
import { makeWorkerHandler } from "./worker-handler.ts"
import { workersTraits } from "./workers-host.ts"

const worker: ReturnType<typeof makeWorkerHandler> = makeWorkerHandler((env) => ({
  env,
  traits: workersTraits,
}))

export default worker
