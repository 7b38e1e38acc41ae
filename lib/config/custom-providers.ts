/**
 * The operator's own providers beside Baseten: any service that speaks the same HTTP.
 *
 * @module
 */
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { recordOf, text } from "../schema/expected.ts"
import { isReference, type Resolve, secretOf } from "./stored-keys.ts"

/** A provider, as the rest of the gateway sees it. */
export interface CustomProvider {
  /** An absolute URL without query, fragment, credentials or slash at its end. */
  readonly baseUrl: string
  /** Headers to add to its requests. */
  readonly headers: ReadonlyArray<ProviderHeader>
}

/** A header of a custom provider's requests. */
export interface ProviderHeader {
  readonly name: string
  readonly value: Redacted.Redacted<string>
  /** Whether the settings refer to it (`env:NAME`), and so it is a key that only trusted callers may spend. */
  readonly stored: boolean
}

/** The slug's form is Cloudflare's; it stands in paths and model names as `custom-{slug}`. */
const slug = /^[a-z0-9]+(?:-[a-z0-9]+)*$/
const isSlug = (text: string): boolean => text.length <= 64 && slug.test(text)

/** A header name is a token (RFC 9110 §5.6.2). */
const headerName = /^[\w!#$%&'*+.^`|~-]+$/

/** Visible ASCII with spaces inside, which every runtime sends alike. A reference must name a variable or a sealed secret. */
const headerValue =
  /^(?:env:[A-Za-z_]\w*|sealed:[\w-]{1,64}|(?!(?:env|sealed):)[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)$/

/** Whether a host name is of the machine itself. */
export const isLoopback = (hostname: string): boolean =>
  /^(?:localhost|.+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(hostname)

const isBase = (text: string, http: boolean): boolean => {
  if (!URL.canParse(text) || /[?#@\\\s]/.test(text)) return false
  const { protocol, hostname } = new URL(text)
  return protocol === "https:" || (protocol === "http:" && http && isLoopback(hostname))
}

const Entry = Schema.Struct({
  base_url: Schema.String,
  headers: Schema.optionalKey(
    recordOf(
      "header names",
      (name) => headerName.test(name),
      text("visible ASCII, env:NAME or file:PATH", (value) => headerValue.test(value)),
    ),
  ),
  allow_http: Schema.optionalKey(Schema.Boolean),
}).check(Schema.makeFilter(({ base_url, allow_http }) =>
  isBase(base_url, allow_http === true) ? undefined : {
    path: ["base_url"],
    issue: "Expected an https URL without credentials, query or fragment " +
      "(or http to a loopback host, with allow_http: true)",
  }
))

/**
 * `custom_providers` of a gateway's settings: `{"<slug>": {"base_url": "https://…", "headers": {…}}}`.
 *
 * Request paths are put below the base. It may be `http:` only with `allow_http: true`, and only to a loopback host: a
 * credential must not cross a network in clear text.
 */
export const CustomProviders = recordOf(
  "slugs of at most 64 lower-case letters and digits, in groups joined by single dashes",
  isSlug,
  Entry,
)

/** The providers by the name that requests use, `custom-{slug}`. Throws `SettingProblem`. */
export const customProviders = (
  entries: typeof CustomProviders.Type,
  resolve: Resolve,
): ReadonlyMap<string, CustomProvider> =>
  new Map(
    Object.entries(entries).map(([slug, { base_url, headers = {} }]) => [`custom-${slug}`, {
      baseUrl: new URL(base_url).href.replace(/\/+$/, ""),
      headers: Object.entries(headers).map(([name, value]) => ({
        name,
        value: secretOf(value, resolve),
        stored: isReference(value),
      })),
    }]),
  )
