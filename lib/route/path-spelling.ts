/**
 * How a path may be spelt: one rule for every form of URL, and for the endpoints of universal steps.
 *
 * - Several slashes in a row count as one: clients append a path to a base URL that ends with a slash.
 * - A dot segment is refused, however often it was encoded, and so is an encoded backslash or NUL: a server that decodes
 *   once more would serve another path than the one that was checked. (Plain ones never get here: URLs are resolved first.)
 * - An encoded slash is part of its segment and is forwarded as sent: SDKs write `models/openai%2Fgpt-oss-120b`. It does not
 *   separate segments here, but a call whose name is spelt with it is still recognized.
 *
 * @module
 */
import { badRequest, type GatewayError } from "../errors.ts"

const PERCENT = 0x25

/** The value of a hex digit, or -1. */
const hexValue = (code = 0): number => {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const letter = code | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}

/** How many character codes are converted at a time: more would be too many arguments for some engines. */
const textChunk = 4096

/**
 * A path as read by a server that decodes as often as it can: `%252e` is `%2e` is a dot. One pass is enough, since each
 * decoded character is checked for completing another escape.
 */
const decoded = (path: string): string => {
  if (!path.includes("%")) return path
  const codes: Array<number> = []
  for (let at = 0; at < path.length; at++) {
    codes.push(path.charCodeAt(at))
    for (;;) {
      const start = codes.length - 3
      const high = hexValue(codes[start + 1])
      const low = hexValue(codes[start + 2])
      // Characters beyond ASCII have no special meaning in a path.
      if (start < 0 || codes[start] !== PERCENT || high < 0 || high > 7 || low < 0) break
      codes.length = start
      codes.push(16 * high + low)
    }
  }
  let text = ""
  for (let at = 0; at < codes.length; at += textChunk) {
    text += String.fromCharCode(...codes.slice(at, at + textChunk))
  }
  return text
}

/** A path without empty segments. */
export const withoutEmptySegments = (path: string): string =>
  path.includes("//") ? path.replace(/\/{2,}/g, "/") : path

/** A path as the most lenient server reads it: decoded, without empty segments or a slash at its end. */
export const plainlySpelt = (path: string): string => {
  const plain = withoutEmptySegments(decoded(path))
  return plain.length > 1 && plain.endsWith("/") ? plain.slice(0, -1) : plain
}

/**
 * The form of a path in which calls are recognized: without regard to case, to parameters of segments (`;v=1`), to white
 * space at its end, or to a repeated version, since clients append one to a base URL that already has it.
 */
export const loosely = (path: string): string =>
  plainlySpelt(plainlySpelt(path).replaceAll("\\", "/").replace(/;[^/]*/g, "").trimEnd()).toLowerCase()
    .replace(/^(?:\/v1)+(?=\/)/, "/v1")

/** Whether a path names the same resource however often a server decodes it. */
export const isPlainPath = (path: string): boolean => {
  const plain = decoded(path)
  // With parameters (`..;x`) it is still a dot segment.
  return !/[\\\0]/.test(plain) && !plain.split("/").some((segment) => /^\.{1,2}(?:;|$)/.test(segment))
}

/** The refusal of a path that is not plain. */
export const strayPath = (): GatewayError =>
  badRequest("The path has a dot segment, an encoded backslash or a NUL. Send it without.")
