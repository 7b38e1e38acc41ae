/**
 * Where counts are shared: what `BASEGATE_STORE` and `BASEGATE_STORE_TOKEN` say.
 *
 * @module
 */
import * as Redacted from "effect/Redacted"

/** Counts are shared by a Redis, by its own protocol or over HTTP. */
export interface StoreSettings {
  readonly kind: "redis" | "rest"
  /** Without our parameters; it may hold a password. */
  readonly url: Redacted.Redacted<string>
  /** For people to read, without credentials. */
  readonly name: string
  readonly token: Redacted.Redacted<string> | undefined
  /** How long an answer may take, in milliseconds; `undefined` for the default. */
  readonly timeout: number | undefined
}

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

const timeoutIn = ({ searchParams }: URL): number | undefined => {
  const [timeout, ...others] = searchParams.getAll("timeout")
  if (timeout === undefined) return undefined
  return others.length === 0 && /^\d{1,5}$/.test(timeout) ? Number(timeout) : NaN
}

/** What a store's URL has to be. */
export const expectedStore =
  "redis://, rediss:// or https:// (http:// on loopback), a host, and no parameter but timeout, in milliseconds, and node, " +
  "another host:port of a Cluster; or redis+sentinel:// with the primary's name as path"

const isNode = (text: string): boolean => /^(?:[\w.-]+|\[[\da-f:]+\]):\d{1,5}$/i.test(text)

/** Whether a text is a store's URL. */
export const isStoreUrl = (text: string): boolean => {
  if (!URL.canParse(text) || /\s/.test(text)) return false
  const url = new URL(text)
  const { protocol, hostname, pathname, username, password } = url
  const timeout = timeoutIn(url)
  const nodes = url.searchParams.getAll("node")
  const names = [...url.searchParams.keys()]
  const known = names.every((name) => name === "timeout" || name === "node") && url.hash === ""
  if (!known || hostname === "" || (timeout !== undefined && !(timeout > 0))) return false
  if (!nodes.every(isNode)) return false
  if (protocol === "redis:" || protocol === "rediss:") {
    // A Cluster has no databases.
    return (nodes.length === 0 ? /^\/?\d{0,3}$/ : /^\/?0?$/).test(pathname)
  }
  if (/^rediss?\+sentinel:$/.test(protocol)) return /^\/[\w.%-]+(?:\/\d{1,3})?$/.test(pathname)
  const isBare = nodes.length === 0 && username === "" && password === ""
  return isBare && (protocol === "https:" || (protocol === "http:" && loopback.test(hostname)))
}

/** A store's URL without its credentials and parameters. */
export const shownAddress = (text: string): string => {
  const { protocol, host, pathname } = new URL(text)
  return `${protocol}//${host}${pathname}`.replace(/\/$/, "")
}

/** A store's URL with another host and port. */
export const withHost = (text: string, host: string): string => {
  const url = new URL(text)
  url.host = host
  return url.href
}

/** What a link connects to. */
export interface StorePlace {
  /** The URL without our parameters. */
  readonly address: string
  /** Others beside its host, as `host:port`: nodes of a Cluster, or sentinels. */
  readonly nodes: ReadonlyArray<string>
  readonly isSentinel: boolean
}

/** Takes a store's URL apart. */
export const parseStoreUrl = (text: string): StorePlace => {
  const url = new URL(text)
  const nodes = url.searchParams.getAll("node")
  url.search = ""
  return { address: url.href, nodes, isSentinel: /\+sentinel:$/.test(url.protocol) }
}

const isRest = (url: string): boolean => /^https?:/i.test(url)

/** What is missing of the two variables, as the rest of a sentence about the second. */
export const storeProblem = (url: string | undefined, token: string | undefined): string | undefined => {
  if (url !== undefined && isRest(url)) {
    return token === undefined ? "expected the token of the service that BASEGATE_STORE names" : undefined
  }
  return token === undefined
    ? undefined
    : "expected no such variable unless BASEGATE_STORE begins with https://"
}

/** The settings of a store; `undefined` if counts are not shared. */
export const storeSettings = (
  text: string | undefined,
  token: string | undefined,
): StoreSettings | undefined => {
  if (text === undefined) return undefined
  const url = new URL(text)
  const timeout = timeoutIn(url)
  url.searchParams.delete("timeout")
  return {
    kind: isRest(text) ? "rest" : "redis",
    url: Redacted.make(url.href),
    name: shownAddress(text),
    token: token === undefined ? undefined : Redacted.make(token),
    timeout,
  }
}

/** The secret among these settings. */
export const storeSecrets = (
  { url, token }: StoreSettings,
): ReadonlyArray<Redacted.Redacted<string> | undefined> => {
  const { password } = new URL(Redacted.value(url))
  return [token, password === "" ? undefined : Redacted.make(decodeURIComponent(password))]
}
