/**
 * True differences between runtimes, each with its reason. The README repeats them.
 */
import type { Runtime } from "../support/spawn-gateway.ts"

export interface Flags {
  /**
   * Whether a client that closes while nothing is being written is noticed. workerd, outside Cloudflare's
   * network, takes a closing TCP peer (FIN) for half closed, and sees that it has gone when it next writes.
   */
  readonly noticesSilentLeave: boolean
  /** Whether a `fetch` handler can make a WebSocket of a request. Node has no such thing. */
  readonly upgrades: boolean
}

export const flags: Record<Runtime, Flags> = {
  bun: { noticesSilentLeave: true, upgrades: true },
  deno: { noticesSilentLeave: true, upgrades: true },
  node: { noticesSilentLeave: true, upgrades: false },
  workerd: { noticesSilentLeave: false, upgrades: true },
}
