/**
 * Why a call to Baseten gave no answer.
 *
 * @module
 */
import { clientLeft, cutByDraining, GatewayError } from "../errors.ts"
import { providerFailed, providerTimeout } from "../errors/provider-errors.ts"
import type { Interruption } from "./cut.ts"
import type { CallCut } from "./guarded-body.ts"
import type { TimeoutKind } from "./timeouts.ts"

/** The error for the client, and how the call ended. */
export interface UpstreamFailure {
  readonly error: GatewayError
  /** `complete` if the gateway or the request itself is why, and not the provider. */
  readonly ending: "complete" | CallCut
}

/** The failure of a call that was cut. */
export const interrupted = (ending: Interruption): UpstreamFailure => ({
  error: ending === "draining" ? cutByDraining() : clientLeft(),
  ending,
})

/**
 * The failure of a call that had no answer by itself.
 *
 * @param expired the timeout that ended it, if one did
 * @param cause what the transport rejected with
 */
export const noAnswer = (
  { broken, url }: { readonly broken?: AbortSignal | undefined; readonly url: string },
  expired?: TimeoutKind,
  cause?: unknown,
): UpstreamFailure => {
  if (broken?.aborted) return { error: broken.reason as GatewayError, ending: "complete" }
  if (cause instanceof GatewayError) return { error: cause, ending: "upstream_cut" }
  const { host } = new URL(url)
  return expired === undefined
    ? { error: providerFailed(host), ending: "upstream_cut" }
    : { error: providerTimeout(host, timeoutNames[expired]), ending: expired }
}

const timeoutNames: Record<TimeoutKind, string> = {
  first_byte_timeout: "clock to the headers (headers_timeout, dedicated_headers_timeout)",
  idle: "idle clock (idle_timeout)",
  total_timeout: "clock of the whole call (total_timeout)",
}
