/**
 * What an operator is told at the start of who may spend the stored keys.
 *
 * @module
 */
import type { SettingsShape } from "../config/environment.ts"
import { isLoopbackName } from "./stored-key-policy.ts"

/**
 * One line where a stored key is to be had without a gateway token, or where it is to be had by nobody; nothing where every
 * gateway with a key asks for a token.
 *
 * @param host what the server listens on
 */
export const keyNotice = (
  { open, openKeys }: Pick<SettingsShape, "open" | "openKeys">,
  host: string,
): string | undefined => {
  if (!openKeys) return undefined
  if (open) return "Stored keys serve whoever can reach this address: BASEGATE_OPEN is true."
  return isLoopbackName(host)
    ? "Stored keys serve every caller on this machine without a token. Behind a proxy on it they may serve everyone: " +
      "what comes through nginx as it is set by default looks like a call of its own. Set BASEGATE_TOKENS before."
    : "Stored keys serve nobody here without a gateway token: set BASEGATE_TOKENS (or BASEGATE_OPEN=true, for anyone)."
}
