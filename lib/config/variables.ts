/**
 * The variables (on Workers: the bindings) that configure a gateway, and what each may hold.
 *
 * The comments are the text of this folder's README: `npm run docs` copies them there.
 *
 * @module
 */
import * as Schema from "effect/Schema"
import { adminIssuerOf, expectedAdminIssuer } from "./admin-issuer.ts"
import { isAdminTokenList } from "./admin-tokens.ts"
import { expectedDatabase, isDatabase } from "./database-settings.ts"
import { oneOf, text } from "../schema/expected.ts"
import { OtelVariables } from "./otel-variables.ts"
import { isKeyList } from "./secret-keys.ts"
import { SettingsDocumentSchema } from "./settings-document.ts"
import { expectedStore, isStoreUrl } from "./store-settings.ts"

/** How much is logged; each level includes those after it. */
export type LogLevel = typeof logLevels[number]
const logLevels = ["debug", "info", "warn", "error", "none"] as const

/** The items of a comma list. */
export const commaList = (value: string): ReadonlyArray<string> =>
  value.split(",").map((item) => item.trim()).filter((item) => item !== "")

const isBaseUrl = (value: string): boolean => {
  if (!URL.canParse(value)) return false
  const url = new URL(value)
  return (url.protocol === "https:" || url.protocol === "http:") &&
    `${url.username}${url.password}${url.search}${url.hash}` === "" && !value.includes("?") &&
    !value.includes("#")
}

const isTemplate = (placeholder: string) => (value: string): boolean =>
  value.includes(placeholder) && isBaseUrl(value.replaceAll(placeholder, "abcd1234"))

const isOrigin = (value: string): boolean =>
  value === "*" || (URL.canParse(value) && new URL(value).origin === value)

const baseUrl = "an http or https URL without credentials, query or fragment"

/** What `BASEGATE_WORKERS` has to be. */
export const expectedWorkers = "a number of processes, from 1 to 256, or auto"

/** Whether a text says how many processes share the port. */
export const isWorkers = (value: string): boolean =>
  value === "auto" || (/^[1-9]\d{0,2}$/.test(value) && Number(value) <= 256)

const optional = Schema.optionalKey

/** Every variable that is read; `present` in `environment.ts` says which of them count as unset. */
export const Variables = Schema.Struct({
  /**
   * The address that a server listens on.
   *
   * @default `127.0.0.1`
   */
  HOST: optional(text("a host name or address", (value) => /^[\w.:-]+$/.test(value))),
  /**
   * The port that a server listens on; 0 takes a free one.
   *
   * @default `8787`
   */
  PORT: optional(
    text("a port number from 0 to 65535", (value) => /^\d{1,5}$/.test(value) && Number(value) <= 65_535),
  ),
  /**
   * Baseten's key for [trusted callers](#who-may-use-a-stored-key) that bring none of their own: the alias `default` of
   * every gateway.
   *
   * @default none
   */
  BASETEN_API_KEY: optional(text("a key without white space", (value) => /^\S+$/.test(value))),
  /**
   * With `true`, stored keys serve anyone.
   *
   * @default `false`
   */
  BASEGATE_OPEN: optional(oneOf("true", "false")),
  /**
   * Where Model APIs are.
   *
   * @default `https://inference.baseten.co`
   */
  BASETEN_INFERENCE_URL: optional(text(baseUrl, isBaseUrl)),
  /**
   * Where dedicated deployments are.
   *
   * @default `https://model-{model_id}.api.baseten.co`
   */
  BASETEN_MODEL_URL: optional(text(`${baseUrl}, with {model_id} in it`, isTemplate("{model_id}"))),
  /**
   * Where chains are.
   *
   * @default `https://chain-{chain_id}.api.baseten.co`
   */
  BASETEN_CHAIN_URL: optional(text(`${baseUrl}, with {chain_id} in it`, isTemplate("{chain_id}"))),
  /**
   * Gateway tokens. Every gateway then requires one of them, unless its entry says `authentication: false`.
   *
   * @default none
   */
  BASEGATE_TOKENS: optional(text(
    "a comma list of tokens without white space, or no such variable for an open gateway",
    (value) => commaList(value).length > 0 && commaList(value).every((token) => /^\S+$/.test(token)),
  )),
  /**
   * Opens the [management API](../admin/README.md#the-management-api), the [console](../console/README.md) and `/metrics`, which do not exist without it: one
   * token or several, with commas, each as plain text, which may write, or as `name:role:token` with the role `read` or
   * `write`. The name stands in the audit. They must open no gateway.
   *
   * @default none
   */
  BASEGATE_ADMIN_TOKEN: optional(
    text(
      "a comma list of tokens without white space, each as plain text or as name:role:token with the role read or write, " +
        "or no such variable",
      isAdminTokenList,
    ),
  ),
  /**
   * JSON Web Tokens of an issuer as admin tokens, beside those of `BASEGATE_ADMIN_TOKEN`, without which it means nothing:
   * JSON text of `{"issuer", "audience", "jwks_url", "claims": {"name", "role"}, "roles": {"read", "write"}}`, of which
   * `issuer` and `audience` have to be there, and the first three are as in [`jwt`](#jwt). The claim `name` (`sub` unless
   * given) stands in the audit. The claim `role` (`role` unless given) has to hold one of the values of `roles`, text or a
   * list of them, as text, as a list or with blanks: `read` and `write` unless given.
   *
   * @default none
   */
  BASEGATE_ADMIN_JWT: optional(text(expectedAdminIssuer, (value) => adminIssuerOf(value) !== undefined)),
  /**
   * Opens `/metrics` alone, beside the admin tokens.
   *
   * @default none
   */
  BASEGATE_METRICS_TOKEN: optional(
    text("a token without white space, or no such variable", (value) => /^\S+$/.test(value)),
  ),
  /**
   * Seals the secrets that are [written](../settings-store/README.md#secrets) through the management API: 32 bytes in
   * base64, as `openssl rand -base64 32` prints them. Several with commas rotate it: the first seals, all of them open.
   * Without it only `env:NAME` references can be written.
   *
   * @default none
   */
  BASEGATE_SECRET_KEY: optional(
    text("32 bytes in base64, or several of those with commas, or no such variable", isKeyList),
  ),
  /**
   * Where the log, what budgets have spent and [written settings](../settings-store/README.md) are kept: a SQLite file, or
   * a Postgres (14 or later) as `postgres://user:password@host/database`, on Bun, Deno and Node, which counts limits for all
   * its gateways too. `?timeout=` sets how long an answer about counts may take, in milliseconds: 250 unless given. `npm start`
   * sets `basegate.db`. Without it, all are kept in memory.
   *
   * @default none
   */
  BASEGATE_DB: optional(text(expectedDatabase, isDatabase)),
  /**
   * Where limits and budgets are [counted together](../store/README.md) with other processes and machines, and cached answers
   * shared: a Redis (6.2 or later) or Valkey, as `redis://` or `rediss://` with `user:password@` if it asks for them; a Cluster, by any
   * of its nodes; one that sentinels watch, as `redis+sentinel://`; or one that is reached over
   * HTTP (Upstash), as `https://`. `?timeout=` sets how long an answer may take, in milliseconds: 50 unless given.
   *
   * @default in the Postgres of `BASEGATE_DB`; else in this process, budgets in the file of `BASEGATE_DB`; with several `BASEGATE_WORKERS` all in that file
   */
  BASEGATE_STORE: optional(text(expectedStore, isStoreUrl)),
  /**
   * The token of a store that is reached over HTTP.
   *
   * @default none
   */
  BASEGATE_STORE_TOKEN: optional(text("a token without white space", (value) => /^\S+$/.test(value))),
  /**
   * How many processes [share the port](../runtime/README.md#several-processes), from 1 to 256, or `auto` for one a core. For a server
   * command; what serves the module itself is one process.
   *
   * @default `1`
   */
  BASEGATE_WORKERS: optional(text(expectedWorkers, isWorkers)),
  /**
   * How long running requests may go on after SIGTERM, SIGINT, or SIGHUP without a settings file.
   *
   * @default `10`
   */
  BASEGATE_DRAIN_SECONDS: optional(text(
    "a number of seconds from 0 to 86400",
    (value) => /^\d{1,5}(?:\.\d{1,3})?$/.test(value) && Number(value) <= 86_400,
  )),
  /**
   * Origins whose web pages may call the gateway.
   *
   * @default none
   */
  BASEGATE_CORS_ORIGINS: optional(text(
    "a comma list of origins such as https://app.example.com, or *",
    (value) => commaList(value).length > 0 && commaList(value).every(isOrigin),
  )),
  /**
   * How much is printed; each level includes those after it.
   *
   * @default `info`
   */
  LOG_LEVEL: optional(oneOf(...logLevels)),
  ...OtelVariables,
  /**
   * The settings of gateways, as JSON text: `{"gateways": {"{account_id}/{gateway_id}": {…}, "*": {…}}, "defaults": {…}}`. The
   * most specific entry is used whole, not merged; a gateway without one, where there is no `*` either, does not exist
   * (400, code 2001). `defaults` lie below every entry: each setting that an entry does not have is taken from there,
   * whole.
   *
   * @default every id is served, with the defaults of each setting
   */
  BASEGATE_CONFIG: optional(SettingsDocumentSchema),
  /**
   * A [file](#a-settings-file) with the same settings, as YAML or JSON, which may change while the gateway runs. Only one
   * of the two may be set.
   *
   * @default `basegate.yaml`, `basegate.yml` or `basegate.json` in the working folder, if one is there
   */
  BASEGATE_CONFIG_FILE: optional(
    text("the path of a file", (value) => value.trim() !== "" && !value.includes("\0")),
  ),
})
