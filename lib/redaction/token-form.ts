/**
 * The form of the gateway tokens that the management API makes.
 *
 * @module
 */
import * as Redacted from "effect/Redacted"

/** Letters by which secret scanners know a token. */
const prefix = "bgt_"

/** 256 random bits behind them. */
export const newTokenText = (): string => {
  const bytes = crypto.getRandomValues(new Uint8Array(32))
  return `${prefix}${
    btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace("=", "")
  }`
}

/** Whether a secret is a gateway token that some management API has made, and so no provider's key. */
export const isMadeToken = (secret: Redacted.Redacted<string>): boolean => {
  const text = Redacted.value(secret)
  return text.startsWith(prefix) && /^[\w-]{43}$/.test(text.slice(prefix.length))
}
