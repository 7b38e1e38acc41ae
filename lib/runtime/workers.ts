/**
 * The Worker: `dist/worker.js` is this file with everything it needs.
 *
 * @module
 */
import { workerOf } from "./worker-handler.ts"
import { workersTraits } from "./workers-host.ts"

const worker: ReturnType<typeof workerOf> = workerOf((env) => ({ env, traits: workersTraits }))

export default worker
