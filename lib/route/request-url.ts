/**
 * The URL of a request, from a target and a Host that the caller wrote.
 *
 * @module
 */
import type { HeaderReader } from "../headers/header-reader.ts"
import { memoizeByName } from "../headers/memoize-name.ts"

/** The parts of a request's URL that are used, spelt as `URL` spells them. */
export type RequestUrl = Pick<URL, "protocol" | "hostname" | "host" | "pathname" | "search">

/**
 * A host and a port as they may stand in a URL (RFC 3986 §3.2.2): a name, an address, or an IPv6 address in brackets.
 * Escapes and delimiters, which names may hold in theory, are left out: no host has them, and parsers differ over them.
 */
const authority = String.raw`(?:[\w.~-]+|\[[\da-f:.]+\])(?::\d{0,5})?`
const isAuthority = new RegExp(`^${authority}$`, "i")
const hasAuthority = new RegExp(`^https?://${authority}(?:[/?#]|$)`, "i")

/**
 * A URL whose path and query `URL` would leave unchanged: it would escape, resolve or strip nothing. Dot segments are
 * looked for separately.
 */
const plain = /^(https?:\/\/[^/?#\\@]+)(\/[\w!$&()*+,;=:@%.~/-]*)(\?[\w!$&()*+,;=:@%.~/?-]*)?$/
const mayResolve = /\/(?:\.|%2e)/i

const parsed = (url: string): URL | undefined => {
  try {
    return new URL(url)
  } catch {
    return undefined
  }
}

/** A scheme and an authority as `URL` reads them, since names and addresses have many spellings. Few are ever called. */
const originOf = memoizeByName((origin) => ({ url: hasAuthority.test(origin) ? parsed(origin) : undefined }))

/** The URL without making a `URL`, if its text is plain: `undefined` does not mean that it is malformed. */
const sliced = (url: string): RequestUrl | undefined => {
  const [, origin = "", pathname = "", search = ""] = plain.exec(url) ?? []
  if (pathname === "" || mayResolve.test(pathname)) return undefined
  const known = originOf(origin).url
  if (known === undefined) return undefined
  const { protocol, hostname, host } = known
  // A lone question mark is not a query (the URL standard's `search`).
  return { protocol, hostname, host, pathname, search: search === "?" ? "" : search }
}

/**
 * The URL of a request; `undefined` if its target or its Host is malformed.
 *
 * Runtimes put Host before the path without validating it (Bun 1.4, Deno 2.9, workerd 2026-10): a slash or a question mark
 * there would choose the path. So both are checked before they become a URL. An absolute target overrides Host, which must
 * be valid nevertheless (RFC 9112 §3.2.2).
 */
export const urlOf = (
  request: { readonly headers: HeaderReader; readonly url: string },
): RequestUrl | undefined => {
  const host = request.headers.get("host")
  if (host !== null && !isAuthority.test(host)) return undefined
  // HTTP/1.0 knows no Host: Bun (1.4) then gives the target alone.
  const url = host === null && request.url.startsWith("/") ? `http://localhost${request.url}` : request.url
  return sliced(url) ?? (hasAuthority.test(url) ? parsed(url) : undefined)
}
