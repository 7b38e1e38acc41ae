/**
 * One gateway's entry, as it is written.
 *
 * The comments are the text of this folder's README: `npm run docs` copies them there.
 *
 * @module
 */
import * as Schema from "effect/Schema"
import { Alerting } from "./alert-settings.ts"
import { Caching } from "./cache-settings.ts"
import { CircuitBreaker } from "./circuit-settings.ts"
import { CustomProviders } from "./custom-providers.ts"
import { DataLossPrevention } from "./dlp-settings.ts"
import { GuardrailSettings } from "./guardrails-settings.ts"
import { DynamicRoutes } from "./dynamic-routes.ts"
import { JsonWebTokens } from "./jwt-settings.ts"
import { ModelAliases } from "./model-aliases.ts"
import { oneOf, positiveInteger } from "../schema/expected.ts"
import { RateLimiting, RateLimits, SpendLimitsEntry, StoreOutages } from "./limit-rules.ts"
import { LogCollection } from "./log-settings.ts"
import { Exporting } from "./otel-destinations.ts"
import { ModelPrices } from "./price-overrides.ts"
import { Retrying } from "./retry-settings.ts"
import { ProviderKeys } from "./stored-keys.ts"
import { TimeoutSettings } from "./timeout-settings.ts"
import { Tokens } from "./token-setting.ts"

const optional = Schema.optionalKey

/** What an entry may hold. An unknown key is an error: a misspelt limit must not look like a working one. */
export const GatewayEntry = Schema.Struct({
  /**
   * Whether a call needs a gateway token.
   *
   * @default `true` if there are tokens, here or in `BASEGATE_TOKENS`
   */
  authentication: optional(Schema.Boolean),
  /**
   * Tokens that open this gateway alone, beside those of `BASEGATE_TOKENS`: each is plain text, `env:NAME` for the text
   * of the variable `NAME`, `file:PATH` for that of a file, or `sha256:` and the SHA-256 of a token in hex; or an object that
   * names its holder, and what applies to its calls. See [tokens](../auth/README.md#named-tokens).
   *
   * - `name`: stands in the log, the metrics and the traces. One name with two values is a token that is being rotated.
   * - `token`: its value, in one of these forms.
   * - `models`: which models it may call, a list in which `*` stands for any text; all of them unless given.
   * - `expires`: an ISO date from which on it opens nothing.
   * - `rate_limits`, `spend_limits`: limits of its own, in the form of the settings of these names.
   * - `metadata`: put on each of its calls, in place of what the caller says under the same keys.
   *
   * @default none
   */
  tokens: optional(Tokens),
  ...JsonWebTokens,
  /**
   * The scheme of the `Authorization` in which Baseten gets its key: `Bearer` or `Api-Key`.
   *
   * @default `"bearer"`
   */
  auth_scheme: optional(oneOf("bearer", "api-key")),
  /**
   * Keys that the gateway holds for its callers, by provider and alias, each as `env:NAME` or `file:PATH`:
   * `{"baseten": {"default": "env:NAME"}, "custom-{slug}": {…}}`. The alias `default` is used unless
   * `cf-aig-byok-alias` names another; Baseten's is `BASETEN_API_KEY` unless an entry says otherwise.
   *
   * @default none
   */
  provider_keys: optional(ProviderKeys),
  /**
   * Accepted because Cloudflare has it, and without effect: there are no credits to fall back to.
   *
   * @default none
   */
  byok_only: optional(Schema.Boolean),
  /**
   * Providers beside Baseten, called as `custom-{slug}`:
   * `{"slug": {"base_url": "https://…", "headers": {"name": "text, env:NAME or file:PATH"}, "allow_http": false}}`. A slug has up
   * to 64 lower-case letters and digits, in groups joined by single dashes. Request paths are put below `base_url`.
   * `headers` are added to each call; `allow_http` permits `http:`, to a loopback host only.
   *
   * @default none
   */
  custom_providers: optional(CustomProviders),
  /**
   * Dynamic routes by name, called as the model `dynamic/{name}`: `{"name": {"elements": […]}}`, or the bare list. See
   * [dynamic routes](../dynamic-route/README.md#dynamic-routes).
   *
   * @default none
   */
  routes: optional(DynamicRoutes),
  /**
   * Names of your own for a model or several, called as the model `custom/{name}`:
   * `{"name": {"targets": ["baseten/{model}", "custom-{slug}/{model}"], "order": "default"}}`, with 1 to 20 targets. If a
   * model fails, the next one is called. `order` says which comes first: `default` as they are written, `cheapest` by the
   * price of three tokens read and one written, with unpriced ones last, `fastest` by how soon answers began within the last
   * five minutes; a model without such a figure is tried first.
   *
   * @default none
   */
  model_aliases: optional(ModelAliases),
  /**
   * Keeps choices among models for a [session](../dynamic-route/README.md#sessions), so that its prompt cache stays warm:
   * the shares of percentages, and which model of an alias has answered. `x-session-affinity` or `cf-aig-session-id` names
   * the session.
   *
   * @default `false`
   */
  session_affinity: optional(Schema.Boolean),
  ...TimeoutSettings,
  /**
   * The largest request body, in bytes; a larger one is answered 413. The default is just above the 100 MB at which
   * Baseten's own edge refuses.
   *
   * @default `104857600`
   */
  request_body_limit: optional(positiveInteger),
  ...Caching,
  ...RateLimiting,
  /**
   * More rules, by any of these fields:
   *
   * - `id`: names the rule in headers; `rule-1`, `rule-2`, … by its place unless given.
   * - `limit`: how much within each `interval` of so many seconds, or within each `window`: `day`, `week` (from Monday) or
   *   `month` of the calendar of `time_zone` (an IANA name, `UTC` unless given). One of the two is required.
   * - `technique`: `fixed` (the default) or, with an `interval`, `sliding`.
   * - `unit`: `requests` (the default) or `tokens`.
   * - `per`: what has a count of its own, a list of `key` (the caller), `model` and `metadata.{name}`; without it all
   *   calls of the gateway share one count.
   *
   * @default none
   */
  rate_limits: optional(RateLimits),
  /**
   * Budgets: `{"enabled": true, "reserve": false, "rules": […]}`, up to 20 rules in Cloudflare's form. With `reserve`, the
   * most that a call may cost is [reserved](../store/README.md#budgets-that-hold) before it is sent. Of a rule:
   *
   * - `id`: differs from those of the other rules.
   * - `limit`: in USD; `limitType` is `cost`.
   * - `window`: in seconds, up to 31 days, or `day`, `week` (from Monday) or `month` of the calendar of `time_zone` (an IANA
   *   name, `UTC` unless given); `technique` is `fixed` or, for seconds, `sliding`.
   * - `enabled`: whether the rule holds.
   * - `model`, `provider`, and `metadata` by key: which calls it is for. `{"mode": "filter", "values": […]}` takes those
   *   with one of the values, `{"mode": "partition"}` gives each value a budget of its own.
   *
   * @default none
   */
  spend_limits: optional(SpendLimitsEntry),
  ...StoreOutages,
  ...Exporting,
  ...Alerting,
  ...Retrying,
  /**
   * Stops calling a host that keeps failing: its calls are answered 503 at once, until a single one is let through and
   * succeeds. `{}` takes every default; without the setting there is no circuit.
   *
   * - `failure_rate`: the share of failed calls from which the circuit opens, `0.5` by default.
   * - `minimum_calls`: with fewer calls in the window it stays closed, `10` by default.
   * - `window`: seconds within which calls count, `30` by default.
   * - `open`: seconds until a call is let through, `15` by default.
   *
   * @default none
   */
  circuit_breaker: optional(CircuitBreaker),
  ...LogCollection,
  ...DataLossPrevention,
  ...GuardrailSettings,
  /**
   * What calls cost, by a model's slug, the id of a dedicated deployment or chain, or `custom-{slug}/{model}`:
   *
   * - `{"input", "cached_input", "output"}`: USD per million tokens (`cached_input` may be left out).
   * - `{"minute", "concurrency"}`: USD per minute of a replica, and how many calls share it (1 unless given).
   *
   * Amounts are numbers, or text for exact decimals.
   *
   * @default none
   */
  prices: optional(ModelPrices),
  /**
   * What happens to a stream whose client has left: `cancel` ends Baseten's request, `drain` reads the rest, to know its
   * usage, and pays for it.
   *
   * @default `"cancel"`
   */
  on_client_leave: optional(oneOf("cancel", "drain")),
  /**
   * Asks for the usage of a chat's or a legacy completion's stream if the client does not ask itself, and leaves what
   * only the gateway asked for out of the answer.
   *
   * @default `true`
   */
  stream_usage: optional(Schema.Boolean),
  /**
   * Answers 400, as Cloudflare does, in place of 502 and 504 when the provider gave no answer.
   *
   * @default `false`
   */
  cloudflare_error_status: optional(Schema.Boolean),
})
