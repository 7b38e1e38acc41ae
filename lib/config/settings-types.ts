/**
 * The settings as types, for apps that give them as a value. Written by `npm run docs` from the schema, whose comments
 * these are.
 *
 * @module
 */
// deno-fmt-ignore-file

/** What a gateway's entry may hold. */
export interface EntryOptions {
  /**
   * Whether a call needs a gateway token.
   *
   * @default `true` if there are tokens, here or in `BASEGATE_TOKENS`
   */
  readonly authentication?: boolean
  /**
   * Tokens that open this gateway alone, beside those of `BASEGATE_TOKENS`: each is plain text, `env:NAME` for the text
   * of the variable `NAME`, `file:PATH` for that of a file, or `sha256:` and the SHA-256 of a token in hex; or an object that
   * names its holder, and what applies to its calls. See tokens.
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
  readonly tokens?: ReadonlyArray<string | { readonly name: string; readonly token: string; readonly models?: ReadonlyArray<string>; readonly expires?: string; readonly spend_limits?: { readonly enabled: boolean; readonly reserve?: boolean; readonly rules: ReadonlyArray<{ readonly id: string; readonly limit: number; readonly limitType: "cost"; readonly window: "day" | "week" | "month" | number; readonly time_zone?: string; readonly technique: "fixed" | "sliding"; readonly enabled: boolean; readonly model?: { readonly mode: "partition" } | { readonly mode: "filter"; readonly values: ReadonlyArray<string> }; readonly provider?: { readonly mode: "partition" } | { readonly mode: "filter"; readonly values: ReadonlyArray<string> }; readonly metadata?: Readonly<Record<string, { readonly mode: "partition" } | { readonly mode: "filter"; readonly values: ReadonlyArray<string> }>> }> }; readonly rate_limits?: ReadonlyArray<{ readonly id?: string; readonly limit: number; readonly interval?: number; readonly window?: "day" | "week" | "month" | number; readonly time_zone?: string; readonly technique?: "fixed" | "sliding"; readonly unit?: "requests" | "tokens"; readonly per?: ReadonlyArray<string> }>; readonly metadata?: Readonly<Record<string, string | number | boolean>> }>
  /**
   * Takes JSON Web Tokens that an issuer has signed as gateway tokens, beside `tokens`:
   * `{"issuer", "audience", "jwks_url", "claims"}`.
   *
   * - `issuer`: an https URL, as `iss` has it.
   * - `audience`: one of these has to be in `aud`, text or a list.
   * - `jwks_url`: where its public keys are; unless given, its `/.well-known/openid-configuration` says so.
   * - `claims`: which claims name its holder. `name` (`sub` unless given) names the token; `models` has the models that it
   *   may call, as a list or with blanks; `metadata` is put on each call, the claim of an object of them, or
   *   `{"key": "claim"}`.
   *
   * @default none
   */
  readonly jwt?: { readonly issuer: string; readonly audience: string | ReadonlyArray<string>; readonly jwks_url?: string; readonly claims?: { readonly name?: string; readonly models?: string; readonly metadata?: string | Readonly<Record<string, string>> } }
  /**
   * The scheme of the `Authorization` in which Baseten gets its key: `Bearer` or `Api-Key`.
   *
   * @default `"bearer"`
   */
  readonly auth_scheme?: "bearer" | "api-key"
  /**
   * Keys that the gateway holds for its callers, by provider and alias, each as `env:NAME` or `file:PATH`:
   * `{"baseten": {"default": "env:NAME"}, "custom-{slug}": {…}}`. The alias `default` is used unless
   * `cf-aig-byok-alias` names another; Baseten's is `BASETEN_API_KEY` unless an entry says otherwise.
   *
   * @default none
   */
  readonly provider_keys?: Readonly<Record<string, Readonly<Record<string, string>>>>
  /**
   * Accepted because Cloudflare has it, and without effect: there are no credits to fall back to.
   *
   * @default none
   */
  readonly byok_only?: boolean
  /**
   * Providers beside Baseten, called as `custom-{slug}`:
   * `{"slug": {"base_url": "https://…", "headers": {"name": "text, env:NAME or file:PATH"}, "allow_http": false}}`. A slug has up
   * to 64 lower-case letters and digits, in groups joined by single dashes. Request paths are put below `base_url`.
   * `headers` are added to each call; `allow_http` permits `http:`, to a loopback host only.
   *
   * @default none
   */
  readonly custom_providers?: Readonly<Record<string, { readonly base_url: string; readonly headers?: Readonly<Record<string, string>>; readonly allow_http?: boolean }>>
  /**
   * Dynamic routes by name, called as the model `dynamic/{name}`: `{"name": {"elements": […]}}`, or the bare list. See
   * dynamic routes.
   *
   * @default none
   */
  readonly routes?: Readonly<Record<string, { readonly elements: ReadonlyArray<{ readonly id: string; readonly type: "start" | "conditional" | "percentage" | "rate" | "rate_limit" | "model" | "end"; readonly properties?: Readonly<Record<string, unknown>>; readonly outputs?: Readonly<Record<string, { readonly elementId: string }>> }> } | ReadonlyArray<{ readonly id: string; readonly type: "start" | "conditional" | "percentage" | "rate" | "rate_limit" | "model" | "end"; readonly properties?: Readonly<Record<string, unknown>>; readonly outputs?: Readonly<Record<string, { readonly elementId: string }>> }>>>
  /**
   * Names of your own for a model or several, called as the model `custom/{name}`:
   * `{"name": {"targets": ["baseten/{model}", "custom-{slug}/{model}"], "order": "default"}}`, with 1 to 20 targets. If a
   * model fails, the next one is called. `order` says which comes first: `default` as they are written, `cheapest` by the
   * price of three tokens read and one written, with unpriced ones last, `fastest` by how soon answers began within the last
   * five minutes; a model without such a figure is tried first.
   *
   * @default none
   */
  readonly model_aliases?: Readonly<Record<string, { readonly targets: ReadonlyArray<string>; readonly order?: "default" | "cheapest" | "fastest" }>>
  /**
   * Keeps choices among models for a session, so that its prompt cache stays warm:
   * the shares of percentages, and which model of an alias has answered. `x-session-affinity` or `cf-aig-session-id` names
   * the session.
   *
   * @default `false`
   */
  readonly session_affinity?: boolean
  /**
   * Milliseconds until the response headers arrive, on Model APIs and custom providers. It holds for every try; a shorter
   * `cf-aig-request-timeout` holds in its place.
   *
   * @default `900000`
   */
  readonly headers_timeout?: number
  /**
   * The same for dedicated deployments and chains, where a cold start holds the request. Baseten ends a synchronous call
   * after 1,200 s; the default is longer, so that Baseten's own 504 arrives.
   *
   * @default `1260000`
   */
  readonly dedicated_headers_timeout?: number
  /**
   * Milliseconds of silence within a response body. Only the time in which the client waits for more counts.
   *
   * @default `300000`
   */
  readonly idle_timeout?: number
  /**
   * Seconds of silence, from 0.1, after which an event stream gets a comment (`: keep-alive`), again and again until its next
   * event: for proxies and clients that give up on a quiet connection. Comments stand between events alone; clients skip them.
   * They hold no timeout of the gateway's off.
   *
   * @default none
   */
  readonly stream_keep_alive?: number
  /**
   * Milliseconds of silence within a request's body; the answer is then 408. A slow body may take as long as it likes,
   * but one of up to 64 KiB has twice this time in all.
   *
   * @default `30000`
   */
  readonly request_idle_timeout?: number
  /**
   * Milliseconds of the whole request, with its retries, fall-backs and answer. There is no such limit by default, since
   * a healthy stream is never cut.
   *
   * @default none
   */
  readonly total_timeout?: number | null
  /**
   * How many WebSockets to Baseten may be open at once in one process (on Workers: in one isolate), those that are being
   * opened included. One more is refused with 429.
   *
   * @default `10000`
   */
  readonly websocket_limit?: number
  /**
   * The largest request body, in bytes; a larger one is answered 413. The default is just above the 100 MB at which
   * Baseten's own edge refuses.
   *
   * @default `104857600`
   */
  readonly request_body_limit?: number
  /**
   * Seconds for which answers are kept. With 0 or `null` an answer is kept only if its request asks for it, with
   * `cf-aig-cache-key`.
   *
   * @default `0`
   */
  readonly cache_ttl?: number | null
  /**
   * Keeps event streams as well, and replays them as streams.
   *
   * @default `false`
   */
  readonly cache_streams?: boolean
  /**
   * Who shares an answer that is kept under a caller's own `cf-aig-cache-key`: callers with the same credential, or all
   * callers of the gateway.
   *
   * @default `"credential"`
   */
  readonly cache_key_scope?: "credential" | "gateway"
  /**
   * Lets `cf-aig-cache-ttl` alone ask for caching, as it did at Cloudflare until August 2026. Otherwise it only says for
   * how long.
   *
   * @default `false`
   */
  readonly cache_ttl_header_enables?: boolean
  /**
   * Requests within an interval; with 0 or `null` there is no such limit. The limit and its interval belong together:
   * one without the other is an error.
   *
   * @default none
   */
  readonly rate_limiting_limit?: number | null
  /**
   * The length of the interval, in seconds.
   *
   * @default none
   */
  readonly rate_limiting_interval?: number | null
  /**
   * Fixed windows follow each other, counted from 1970 (UTC). Sliding ones end at every moment; their count is Cloudflare's
   * estimate from two fixed ones.
   *
   * @default `"fixed"`
   */
  readonly rate_limiting_technique?: "fixed" | "sliding" | null
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
  readonly rate_limits?: ReadonlyArray<{ readonly id?: string; readonly limit: number; readonly interval?: number; readonly window?: "day" | "week" | "month" | number; readonly time_zone?: string; readonly technique?: "fixed" | "sliding"; readonly unit?: "requests" | "tokens"; readonly per?: ReadonlyArray<string> }>
  /**
   * Budgets: `{"enabled": true, "reserve": false, "rules": […]}`, up to 20 rules in Cloudflare's form. With `reserve`, the
   * most that a call may cost is reserved before it is sent. Of a rule:
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
  readonly spend_limits?: { readonly enabled: boolean; readonly reserve?: boolean; readonly rules: ReadonlyArray<{ readonly id: string; readonly limit: number; readonly limitType: "cost"; readonly window: "day" | "week" | "month" | number; readonly time_zone?: string; readonly technique: "fixed" | "sliding"; readonly enabled: boolean; readonly model?: { readonly mode: "partition" } | { readonly mode: "filter"; readonly values: ReadonlyArray<string> }; readonly provider?: { readonly mode: "partition" } | { readonly mode: "filter"; readonly values: ReadonlyArray<string> }; readonly metadata?: Readonly<Record<string, { readonly mode: "partition" } | { readonly mode: "filter"; readonly values: ReadonlyArray<string> }>> }> }
  /**
   * What limits and budgets do while the store that `BASEGATE_STORE` names cannot be used: `local`
   * counts on in this process, from what it last knew of the store; `allow` lets calls pass; `refuse` answers them 503, code
   * 2042. What is spent meanwhile is counted in the store once it can be used again.
   *
   * @default `"local"`
   */
  readonly on_store_outage?: "allow" | "refuse" | "local"
  /**
   * Collectors that get the spans of this gateway's calls, up to 5, beside that of the
   * `OTEL_*` variables. Of each:
   *
   * - `url`: the whole URL, such as `https://api.example.com/v1/traces`.
   * - `headers`: by name, each as text, `env:NAME` or `file:PATH`; `authorization` is the header of that name.
   * - `content_type`: `json` (the default) or `protobuf`.
   *
   * @default none
   */
  readonly otel?: ReadonlyArray<{ readonly url: string; readonly headers?: Readonly<Record<string, string>>; readonly authorization?: string; readonly content_type?: "json" | "protobuf" }>
  /**
   * Webhooks that are called when something is to be known, up to 10 of them:
   *
   * - `url`: where they are POSTed, as text, `env:NAME` or `file:PATH`. `https:` alone, but for loopback hosts, or with
   *   `allow_http: true`.
   * - `secret`: signs them, as `env:NAME` or `file:PATH`, or as text that is sealed
   *   if it is written through the management API; they are not signed without it.
   * - `budget`: shares of a budget of `spend_limits`, such as `[0.5, 0.8, 1]`; each once in each of its periods.
   * - `error_share`: the share of failed calls within five minutes, from 20 calls on.
   * - `circuit`: with `true`, each circuit that opens, once in five minutes.
   *
   * @default none
   */
  readonly alerts?: ReadonlyArray<{ readonly url: string; readonly secret?: string; readonly budget?: ReadonlyArray<number>; readonly error_share?: number; readonly circuit?: boolean; readonly allow_http?: boolean }>
  /**
   * Tries in all, the first included. `cf-aig-max-attempts` takes its place.
   *
   * @default `1`
   */
  readonly retry_max_attempts?: number | null
  /**
   * Milliseconds between two tries, from which the delay grows.
   *
   * @default `500`
   */
  readonly retry_delay?: number | null
  /**
   * How the delay grows: it stays the same, is multiplied by the number of tries so far, or doubles with each.
   *
   * @default `"exponential"`
   */
  readonly retry_backoff?: "constant" | "linear" | "exponential" | null
  /**
   * Retries calls of dedicated deployments and chains too. Such a call may do something, and a retry may do it twice.
   * A caller's `cf-aig-max-attempts` holds for them in any case.
   *
   * @default `false`
   */
  readonly retry_predict?: boolean
  /**
   * Takes an answer of status 200 for a failed one if its JSON body, or the first event of its stream, is an error: it is
   * retried and falls back like a 502. The answer's headers then wait
   * for its first event. A universal step's `config.fallbackOnReportedError` takes its place.
   *
   * @default `false`
   */
  readonly fallback_on_reported_error?: boolean
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
  readonly circuit_breaker?: { readonly failure_rate?: number; readonly minimum_calls?: number; readonly window?: number; readonly open?: number }
  /**
   * Keeps an entry of each call. `cf-aig-collect-log` takes its place.
   *
   * @default `true`
   */
  readonly collect_logs?: boolean
  /**
   * Keeps the bodies of request and response with the entry. `cf-aig-collect-log-payload` takes its place. Baseten keeps
   * no bodies itself, so a gateway that does should be a decision.
   *
   * @default `false`
   */
  readonly collect_log_payloads?: boolean
  /**
   * How many bytes of each body are kept.
   *
   * @default `65536`
   */
  readonly log_payload_limit?: number
  /**
   * The most entries of this gateway; 0 or `null` for no limit.
   *
   * @default `1000000`
   */
  readonly log_management?: number | null
  /**
   * What happens at that number: the oldest entries are removed, or no more are added.
   *
   * @default `"DELETE_OLDEST"`
   */
  readonly log_management_strategy?: "STOP_INSERTING" | "DELETE_OLDEST" | null
  /**
   * Seconds for which an entry is kept; 0 or `null` for ever.
   *
   * @default none
   */
  readonly log_retention?: number | null
  /**
   * Looks for data that must not leave, or must not come back, in requests and answers, streams included: see
   * data loss prevention. `{"enabled": true, "policies": […]}`; of a policy:
   *
   * - `id`: names it in `cf-aig-dlp` and in the log; `enabled`: whether it holds (it does unless `false`).
   * - `action`: `FLAG` notes what is found, `BLOCK` refuses it, `MASK` puts a placeholder such as `[EMAIL_1]` in its place,
   *   `MASK_RESTORE` does so in the request and puts what was there back into the answer.
   * - `check`: `REQUEST`, `RESPONSE` or both, which is the default.
   * - `profiles`: what is looked for, by names of `dlp_profiles`.
   * - `skip_system`: whether it leaves out system prompts: messages of the roles `system` and `developer`, `system`, and
   *   `instructions`.
   * - `paths`: where alone it looks in a JSON body of a model's own code, with all below: `["inputs.*.text"]`.
   *
   * Cloudflare's older form without policies, `{"enabled": true, "action": "BLOCK", "profiles": […]}`, is one policy that is
   * called `default`.
   *
   * @default none
   */
  readonly dlp?: { readonly enabled: boolean; readonly policies?: ReadonlyArray<{ readonly id: string; readonly enabled?: boolean; readonly action: "FLAG" | "BLOCK" | "MASK" | "MASK_RESTORE"; readonly check?: ReadonlyArray<"REQUEST" | "RESPONSE">; readonly skip_system?: boolean; readonly paths?: ReadonlyArray<string>; readonly profiles: ReadonlyArray<string> }>; readonly action?: "FLAG" | "BLOCK" | "MASK" | "MASK_RESTORE"; readonly profiles?: ReadonlyArray<string> } | null
  /**
   * What policies look for, by name: `{"pii": {"detectors": ["email", {"regex": "EMP-\\d{6}"}]}}`. A detector is one of
   * `email`, `card`, `iban`, `phone`, `ssn`, `ip` and `secret`, a `regex` in JavaScript's syntax without back-references
   * and look-around, or `literals`, a list of texts as they are written.
   *
   * @default none
   */
  readonly dlp_profiles?: Readonly<Record<string, { readonly detectors: ReadonlyArray<"email" | "card" | "iban" | "phone" | "ssn" | "ip" | "secret" | { readonly regex: string } | { readonly literals: ReadonlyArray<string> }> }>>
  /**
   * What a model may not be asked, and may not say, by the categories of Llama Guard and `P1` for prompt injection:
   * `{"prompt": {"S1": "BLOCK", "S7": "FLAG"}, "response": {"S1": "BLOCK"}}`. `FLAG` notes it in the log, `BLOCK` refuses it,
   * and a category that is not there is ignored. See guardrails.
   *
   * @default none
   */
  readonly guardrails?: { readonly prompt?: Readonly<Record<string, "FLAG" | "BLOCK">> | null; readonly response?: Readonly<Record<string, "FLAG" | "BLOCK">> | null } | null
  /**
   * The model that guardrails ask: `{"model": "baseten/{model}", "timeout": 5000}`. Any that answers `safe`, or `unsafe` and a
   * line of categories, at `/v1/chat/completions` of Baseten's Model APIs or of a `custom-{slug}`, with the stored key of that
   * provider that is called `default`. `timeout` is in milliseconds, `5000` unless given.
   *
   * @default none
   */
  readonly guardrails_scanner?: { readonly model: string; readonly timeout?: number } | null
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
  readonly prices?: Readonly<Record<string, { readonly input: number | string; readonly cached_input?: number | string; readonly output: number | string } | { readonly minute: number | string; readonly concurrency?: number }>>
  /**
   * What happens to a stream whose client has left: `cancel` ends Baseten's request, `drain` reads the rest, to know its
   * usage, and pays for it.
   *
   * @default `"cancel"`
   */
  readonly on_client_leave?: "cancel" | "drain"
  /**
   * Asks for the usage of a chat's or a legacy completion's stream if the client does not ask itself, and leaves what
   * only the gateway asked for out of the answer.
   *
   * @default `true`
   */
  readonly stream_usage?: boolean
  /**
   * Answers 400, as Cloudflare does, in place of 502 and 504 when the provider gave no answer.
   *
   * @default `false`
   */
  readonly cloudflare_error_status?: boolean
}

/** What `createGateway({ config })` takes: the same as `BASEGATE_CONFIG` and a settings file. */
export interface SettingsDocument {
  /** The entries, by `{account_id}/{gateway_id}`; `*` for every gateway without one. */
  readonly gateways?: Readonly<Record<string, EntryOptions>>
  /** What lies below every entry: each setting that an entry does not have is taken from here, whole. */
  readonly defaults?: EntryOptions
}
