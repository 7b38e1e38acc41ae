/** Any settings of a gateway, and any calls to it: all combinations of the places that a secret can stand in. */
import fc from "fast-check"

/** Gateway tokens; each is one only where it is set. */
export const tokens = {
  own: "tok-own-0a1b",
  all: "tok-all-2c3d",
  foreign: "tok-foreign-4e5f",
  admin: "tok-admin-6a7b",
}
/** Secrets of the operator's. */
export const stored = {
  default: "sk-stored-default",
  alt: "sk-stored-alt",
  one: "sk-stored-one",
  header: "sk-stored-header",
}
/** Keys of the caller's. */
export const mine = ["mine-first", "mine-second"]
export const secrets = [...Object.values(tokens), ...Object.values(stored), ...mine]

/** The hosts that have keys. */
export const baseten = "https://baseten.test"
export const one = "https://one.test"

// What operators set.

const to = (outputs: Record<string, string>) =>
  Object.fromEntries(Object.entries(outputs).map(([output, elementId]) => [output, { elementId }]))
const model = (id: string, provider: string, fallback?: string) => ({
  id,
  type: "model",
  properties: { provider, model: "m", retries: 0 },
  outputs: to({ success: "end", ...(fallback && { fallback }) }),
})
const route = {
  elements: [
    { id: "start", type: "start", outputs: to({ next: "rate" }) },
    {
      id: "rate",
      type: "rate",
      properties: { limitType: "count", key: "headers.authorization", limit: 2, window: 3600 },
      outputs: to({ success: "a", fallback: "b" }),
    },
    model("a", "baseten", "b"),
    model("b", "custom-one", "c"),
    model("c", "custom-two"),
    { id: "end", type: "end", outputs: {} },
  ],
}

const maybe = <A>(value: A) => fc.constantFrom(undefined, value)
const entry = fc.record({
  tokens: maybe([tokens.own]),
  authentication: fc.constantFrom(undefined, true, false),
  auth_scheme: fc.constantFrom(undefined, "bearer", "api-key"),
  provider_keys: fc.record({
    baseten: maybe({ alt: "env:KEY_ALT" }),
    "custom-one": maybe({ default: "env:KEY_ONE" }),
  }),
  custom_providers: fc.constantFrom(undefined, "X-Service-Key", "authorization").map((header) => ({
    one: { base_url: one, ...(header && { headers: { [header]: "env:KEY_HEADER", "x-plain": "plain" } }) },
    two: { base_url: "https://two.test/v1" },
  })),
  routes: fc.constant({ r: route }),
  cache_ttl: fc.constantFrom(undefined, 600),
  rate_limits: maybe([{ limit: 3, interval: 3600, per: ["key"] }]),
  circuit_breaker: maybe({}),
})

/** What an operator sets. */
export const environment = fc.record({
  entry,
  BASEGATE_TOKENS: maybe(tokens.all),
  BASEGATE_ADMIN_TOKEN: maybe(tokens.admin),
  BASEGATE_OPEN: maybe("true"),
  BASETEN_API_KEY: maybe(stored.default),
  BASEGATE_CORS_ORIGINS: fc.constantFrom(undefined, "https://app.test", "*"),
})
/** One operator's settings. */
export type Environment = typeof environment extends fc.Arbitrary<infer A> ? A : never

/** The same as variables. */
export const variablesOf = ({ entry, ...variables }: Environment) => ({
  ...variables,
  BASETEN_INFERENCE_URL: baseten,
  BASEGATE_CONFIG: JSON.stringify({ gateways: { "a/g": entry, "b/g": { tokens: [tokens.foreign] } } }),
  KEY_ALT: stored.alt,
  KEY_ONE: stored.one,
  KEY_HEADER: stored.header,
  LOG_LEVEL: "debug",
})

// What callers send.

const scheme = fc.constantFrom("Bearer ", "", "bearer   ", "Api-Key ", "Basic ", "Token\t")
const value = fc.tuple(
  scheme,
  fc.constantFrom(...mine, ...Object.values(tokens), "", "undefined", "CF_TEMP_TOKEN"),
)
  .map(([scheme, secret]) => scheme + secret)
const values = fc.oneof(
  { weight: 4, arbitrary: value },
  fc.tuple(value, fc.constantFrom(", ", ",", " ", ",\t"), value).map((parts) => parts.join("")),
)
const credentials = fc.dictionary(
  fc.constantFrom("authorization", "x-api-key", "api-key", "cf-aig-authorization"),
  values,
  { maxKeys: 3, noNullPrototype: true },
)
const headers = fc.tuple(
  credentials,
  fc.record({
    "cf-aig-byok-alias": fc.constantFrom("default", "alt", "absent"),
    "cf-aig-cache-key": fc.constant("key"),
    "cf-aig-metadata": fc.constant(`{"user":"u"}`),
    connection: fc.constantFrom("authorization", "x-api-key"),
  }, { requiredKeys: [] }),
).map((both): Record<string, string> => Object.assign({}, ...both))

const modelOf = fc.constantFrom("baseten/m", "custom-one/m", "custom-two/m", "dynamic/r", "dynamic/none")
const chatOf = (model: string) => ({ model, messages: [{ role: "user", content: "hi" }] })
const place = fc.oneof(
  modelOf.map((model) => ["compat", "chat/completions", chatOf(model)] as const),
  fc.constantFrom("baseten", "custom-one", "custom-two").map((provider) =>
    [provider, "v1/chat/completions", chatOf("m")] as const
  ),
)
const steps = fc.array(
  fc.tuple(place, headers).map(([[provider, endpoint, query], headers]) => ({
    provider,
    endpoint,
    query,
    headers,
  })),
  { minLength: 1, maxLength: 3 },
)
/** What a caller sends: to a provider, to compat, or in steps. */
export const call = fc.record({
  headers,
  origin: fc.constantFrom(undefined, undefined, "https://app.test", "https://evil.test"),
  host: fc.constantFrom("127.0.0.1", "gateway.test"),
  loopback: fc.boolean(),
  to: fc.oneof(place, steps),
})
/** One call. */
export type Call = typeof call extends fc.Arbitrary<infer A> ? A : never

/** Whether a call is a universal one. */
export const isSteps = (to: Call["to"]): to is typeof steps extends fc.Arbitrary<infer A> ? A : never =>
  typeof to[0] !== "string"

/** A call as a request. */
export const requestOf = ({ headers, origin, host, to }: Call): Request => {
  const [path, body] = isSteps(to) ? ["", to] : [`/${to[0]}/${to[1]}`, to[2]]
  return new Request(`http://${host}/v1/a/g${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers, ...(origin && { origin }) },
    body: JSON.stringify(body),
  })
}
