/** All that is fuzzed in this process. */
import type { Target } from "./target.ts"
import { events } from "./targets/events.ts"
import { answers, callers } from "./targets/gateway.ts"
import { json } from "./targets/json.ts"
import { patterns } from "./targets/patterns.ts"
import { queries } from "./targets/queries.ts"
import { settings } from "./targets/settings.ts"

export const targets: ReadonlyArray<Target> = [json, events, patterns, settings, queries, callers, answers]
