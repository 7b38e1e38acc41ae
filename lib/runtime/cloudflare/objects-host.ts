/**
 * What Workers provide where `BASEGATE_OBJECTS` is bound: counts, written settings and the log are those of all isolates.
 *
 * @module
 */
import type { HostCapabilities } from "../../layers.ts"
import { logInIsolate, memoryOfIsolate, sharedStoreOr, workersTraits } from "../workers-host.ts"
import type { ObjectNamespace } from "./ask-object.ts"
import { layerObjectLog } from "./layer-object-log.ts"
import { layerObjectSettings } from "./layer-object-settings.ts"
import { layerObjectStore } from "./layer-object-store.ts"

/** If `BASEGATE_STORE` names a Redis, it counts instead of objects. */
export const objectsTraits = (namespace: ObjectNamespace): HostCapabilities => ({
  ...workersTraits,
  store: sharedStoreOr(layerObjectStore(namespace, memoryOfIsolate)),
  log: layerObjectLog(namespace, logInIsolate),
  settings: layerObjectSettings(namespace),
})
