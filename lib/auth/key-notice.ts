/**
 * The line at start-up that says who may spend the stored keys.
 *
 * @module
 */
import type { SettingsShape } from "../config/settings-shape.ts"
import { isLoopbackName } from "./stored-key-policy.ts"

/**
 * One line if a stored key can be used without a gateway token, or cannot be used by anyone; `undefined` if every gateway
 * with a key requires a token.
 *
 * @param host the host name or address that the server listens on
 */
export const keyNotice = (
  { open, openKeys }: Pick<SettingsShape, "open" | "openKeys">,
  host: string,
): string | undefined => {
  if (!openKeys) return undefined
  if (open) return "Stored keys serve everyone who can reach this address: BASEGATE_OPEN is true."
  return isLoopbackName(host)
    ? "Stored keys serve every caller on this machine without a token. Behind a proxy on it they may serve everyone: " +
      "what comes through nginx as it is set by default looks like a call of its own. Set BASEGATE_TOKENS before."
    : "Stored keys serve nobody here without a gateway token: set BASEGATE_TOKENS (or BASEGATE_OPEN=true, for anyone)."
}
