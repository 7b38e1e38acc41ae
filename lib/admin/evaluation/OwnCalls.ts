/**
 * Calls that the gateway makes itself, through the same stages as a caller's.
 *
 * @module
 */
import * as Context from "effect/Context"
import type { HostContext, OwnCall } from "../../exchange.ts"

/** How such calls are made. */
export interface OwnCallsShape {
  /** Answers a request for this gateway. Never rejects. */
  readonly call: (
    request: Request,
    ownCall: OwnCall,
    host: Pick<HostContext, "waitUntil">,
  ) => Promise<Response>
}

/** Without a serving gateway, no call is made. */
export const OwnCalls: Context.Reference<OwnCallsShape> = Context.Reference<OwnCallsShape>(
  "basegate/admin/OwnCalls",
  { defaultValue: () => ({ call: () => Promise.resolve(new Response(null, { status: 503 })) }) },
)
