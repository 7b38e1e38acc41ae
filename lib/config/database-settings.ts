/**
 * Where the log and written settings are kept, from `BASEGATE_DB`.
 *
 * @module
 */
import * as Redacted from "effect/Redacted"

/** A Postgres that is reached by a URL. */
export interface DatabaseSettings {
  /** It may hold a password. */
  readonly url: Redacted.Redacted<string>
  /** For people to read, without credentials and parameters. */
  readonly name: string
  /** How long an answer may take about counts, in milliseconds; `undefined` for the default. */
  readonly timeout: number | undefined
}

/** What `BASEGATE_DB` has to be. */
export const expectedDatabase =
  "the path of a file, or postgres:// with a host and no parameter but sslmode, application_name, connect_timeout, options and timeout"

const isUrl = (text: string): boolean => /^(?!file:)[a-z][a-z\d+.-]*:\/\//i.test(text)

const known = new Set(["sslmode", "application_name", "connect_timeout", "options", "timeout"])
const modes = new Set(["disable", "allow", "prefer", "require", "verify-ca", "verify-full"])

const isPostgresUrl = (text: string): boolean => {
  if (!/^postgres(?:ql)?:\/\//i.test(text) || !URL.canParse(text) || /\s/.test(text)) return false
  const { hostname, hash, searchParams, pathname } = new URL(text)
  const mode = searchParams.get("sslmode")
  return hostname !== "" && hash === "" && !pathname.slice(1).includes("/") &&
    [...searchParams.keys()].every((name) => known.has(name)) && (mode === null || modes.has(mode)) &&
    /^\d{0,4}$/.test(searchParams.get("connect_timeout") ?? "") &&
    /^0*[1-9]\d{0,4}$/.test(searchParams.get("timeout") ?? "1")
}

/** Whether a text says where the log is kept. */
export const isDatabase = (text: string): boolean =>
  isUrl(text) ? isPostgresUrl(text) : text.trim() !== "" && !text.includes("\0")

/** The parts of a database's URL that may be shown. */
export const shownDatabase = (text: string): string => {
  const { host, pathname } = new URL(text)
  return `postgres://${host}${pathname}`.replace(/\/$/, "")
}

const timeoutIn = (text: string): number | undefined => {
  const timeout = new URL(text).searchParams.get("timeout")
  return timeout === null ? undefined : Number(timeout)
}

/** What `BASEGATE_DB` names: a file, a database, or neither. */
export const databaseSettings = (
  text: string | undefined,
): { readonly logFile: string | undefined; readonly database: DatabaseSettings | undefined } =>
  text === undefined || !isUrl(text) ? { logFile: text, database: undefined } : {
    logFile: undefined,
    database: { url: Redacted.make(text), name: shownDatabase(text), timeout: timeoutIn(text) },
  }

/** The secret among these settings. */
export const databaseSecret = ({ url }: DatabaseSettings): Redacted.Redacted<string> | undefined => {
  const { password } = new URL(Redacted.value(url))
  if (password === "") return undefined
  try {
    return Redacted.make(decodeURIComponent(password))
  } catch {
    return Redacted.make(password)
  }
}
