/**
 * Calls that the gateway makes itself, through all that a caller's calls go through.
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

/** Where nothing serves, nothing is called. */
export const OwnCalls: Context.Reference<OwnCallsShape> = Context.Reference<OwnCallsShape>(
  "basegate/admin/OwnCalls",
  { defaultValue: () => ({ call: () => Promise.resolve(new Response(null, { status: 503 })) }) },
)
