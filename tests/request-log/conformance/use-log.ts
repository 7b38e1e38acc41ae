/** What the cases that every log has to pass work with. */
import type * as Effect from "effect/Effect"
import type { MemoryLogOptions } from "../../../lib/request-log/memory/memory-log.ts"
import type { RequestLog } from "../../../lib/request-log/RequestLog.ts"

/** What a log is opened with, if not with defaults. */
export interface Conditions {
  readonly gateways?: Readonly<Record<string, object>>
  readonly bounds?: MemoryLogOptions
}

/** Opens an empty log, uses it at a virtual time that begins at `start`, and closes it. */
export type UseLog = <A, E>(conditions: Conditions, use: Effect.Effect<A, E, RequestLog>) => Promise<A>
