/**
 * The collectors of one gateway, in Cloudflare's form.
 *
 * The comments are the text of this folder's README: `npm run docs` copies them there.
 *
 * @module
 */
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { oneOf, recordOf, text } from "../schema/expected.ts"
import { isLoopback } from "./custom-providers.ts"
import type { OtlpEndpoint } from "./otel-settings.ts"
import { type Resolve, secretOf } from "./stored-keys.ts"

const optional = Schema.optionalKey

const mostDestinations = 5

/** How long one export may take, in milliseconds. */
const timeout = 10_000

const isDestination = (url: string): boolean => {
  if (!URL.canParse(url) || /[\\\s#]/.test(url)) return false
  const { protocol, hostname, username } = new URL(url)
  return username === "" && (protocol === "https:" || (protocol === "http:" && isLoopback(hostname)))
}

/** Visible ASCII with spaces inside, or where it stands. */
const HeaderValue = text(
  "visible ASCII, env:NAME or file:PATH",
  (value) => /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(value),
)

const Entry = Schema.Struct({
  url: text("an https URL without credentials or fragment (or http to a loopback host)", isDestination),
  headers: optional(
    recordOf("header names", (name) => /^[\w!#$%&'*+.^`|~-]+$/.test(name), HeaderValue),
  ),
  authorization: optional(HeaderValue),
  content_type: optional(oneOf("json", "protobuf")),
})

/** `otel` of a gateway's entry. */
export const Exporting = {
  /**
   * Collectors that get the [spans](../telemetry/README.md#traces) of this gateway's calls, up to 5, beside that of the
   * `OTEL_*` variables. Of each:
   *
   * - `url`: the whole URL, such as `https://api.example.com/v1/traces`.
   * - `headers`: by name, each as text, `env:NAME` or `file:PATH`; `authorization` is the header of that name.
   * - `content_type`: `json` (the default) or `protobuf`.
   *
   * @default none
   */
  otel: optional(
    Schema.Array(Entry).check(
      Schema.makeFilter((list) =>
        list.length <= mostDestinations ? undefined : `Expected at most ${mostDestinations} collectors`
      ),
    ),
  ),
}

/** Where a gateway's spans go. Throws `SettingProblem` if a header refers to nothing. */
export const otelDestinations = (
  entries: ReadonlyArray<typeof Entry.Type>,
  resolve: Resolve,
): ReadonlyArray<OtlpEndpoint> =>
  entries.map(({ url, headers = {}, authorization, content_type = "json" }) => ({
    url: new URL(url).href,
    headers: [
      ...Object.entries(headers),
      ...authorization === undefined ? [] : [["authorization", authorization] as const],
    ].map(([name, value]) => [name, secretOf(value, resolve)] as const),
    timeout,
    protobuf: content_type === "protobuf",
  }))

/** The secrets of such headers. */
export const secretsOfDestinations = (
  destinations: ReadonlyArray<OtlpEndpoint>,
): ReadonlyArray<readonly [name: string, value: string]> =>
  destinations.flatMap(({ headers }) =>
    headers.map(([name, value]) => [name, Redacted.value(value)] as const)
  )
