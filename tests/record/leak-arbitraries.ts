/** Calls that put secrets wherever a caller can. */
import fc from "fast-check"
import { type Call, call, isSteps, mine, tokens } from "../auth/any-gateway.ts"

const credentialHeaders = ["authorization", "x-api-key", "api-key", "cf-aig-authorization"]

/** The keys and tokens that headers show. */
const shownBy = (headers: Record<string, string>): ReadonlyArray<string> =>
  [...mine, ...Object.values(tokens)]
    .filter((secret) => credentialHeaders.some((name) => headers[name]?.includes(secret)))

/** Forms of a secret within a string of JSON. */
const inJson: ReadonlyArray<(secret: string) => string> = [
  (secret) => JSON.stringify(secret).slice(1, -1),
  (secret) => JSON.stringify(JSON.stringify({ key: secret })).slice(1, -1),
  (secret) => [...secret].map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`).join(""),
  (secret) => encodeURIComponent(secret),
]
const inBody = fc.option(fc.record({ which: fc.nat(), form: fc.constantFrom(...inJson) }))

/** Texts that a caller can choose in headers. */
const inHeaders: Record<string, (secret: string) => string> = {
  "user-agent": (secret) => `client/1 (${secret})`,
  "cf-aig-event-id": (secret) => secret,
  "cf-aig-cache-key": (secret) => secret,
  "cf-aig-byok-alias": (secret) => secret,
  "cf-aig-otel-trace-id": (secret) => secret,
  "cf-aig-custom-cost": (secret) => `{"per_token_in":"${secret}"}`,
  traceparent: (secret) => `00-${secret}-00000000000000a1-01`,
  "content-type": (secret) => `application/json; x=${secret}`,
  "accept-language": (secret) => secret,
  referer: (secret) => `https://app.test/?key=${encodeURIComponent(secret)}`,
  cookie: (secret) => `session=${secret}`,
  "x-any": (secret) => secret,
  "x-baseten-customer-request-id": (secret) => secret,
}
const metadataOf = (secret: string) => JSON.stringify({ user: `u ${secret}`, [`x-${secret}`]: true, n: 1 })

/** Places in the URL: of the account, the gateway, the provider, the path, its encoded form, and the query. */
const inUrls: ReadonlyArray<(path: string, secret: string) => string> = [
  (path, secret) => path.replace("/v1/a/", `/v1/${secret}/`),
  (path, secret) => path.replace("/a/g", `/a/${secret}`),
  (path, secret) => path.replace(/\/a\/g\/[\w-]+/, `/a/g/${secret}`),
  (path, secret) => path.replace(/\/a\/g\/[\w-]+/, `/a/g/custom-${secret}`),
  (path, secret) => path.replace(/\/v1\/chat.*/, `/v1/${secret}/x`),
  (path, secret) => path.replace(/\/v1\/chat.*/, `/model/abcd1234/${secret}`),
  (path, secret) => path.replace(/\/v1\/chat.*/, `/v1/${encodeURIComponent(secret)}`),
  (path, secret) =>
    path.replace(/\/v1\/chat.*/, `/v1/%${secret.charCodeAt(0).toString(16)}${secret.slice(1)}`),
  (path, secret) => `${path}?api_key=${encodeURIComponent(secret)}`,
]

const seldom = <A>(arbitrary: fc.Arbitrary<A>) =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(null) }, { weight: 1, arbitrary })

/** How a client takes its answer. */
const client = fc.constantFrom("reads", "reads", "reads", "leaves", "aborts")

/** A call, and what of it is a secret. */
export const leak = fc.record({
  call,
  /** Whether it shows what opens the gateway, and a key. */
  opens: fc.constantFrom(true, true, false),
  client,
  stream: fc.boolean(),
  keepsPayload: fc.constantFrom(undefined, "true"),
  inBody: fc.array(inBody, { minLength: 5, maxLength: 5 }),
  inHeaders: fc.dictionary(fc.constantFrom(...Object.keys(inHeaders)), fc.nat(), {
    maxKeys: 3,
    noNullPrototype: true,
  }),
  inMetadata: fc.option(fc.nat()),
  inUrl: seldom(fc.record({ which: fc.nat(), place: fc.constantFrom(...inUrls) })),
  inMethod: seldom(fc.nat()),
})
/** One call. */
export type Leak = typeof leak extends fc.Arbitrary<infer A> ? A : never

/** Whatever is no header, method or URL is left out: there is no such request. */
const attempt = (make: () => Request): Request | undefined => {
  try {
    return make()
  } catch {
    return undefined
  }
}

/** What a call keeps in the cache is for no other: its answer may hold a key that only this one is known to show. */
const keptApart = (headers: Record<string, string>, call: number): Record<string, string> =>
  "cf-aig-cache-key" in headers
    ? { ...headers, "cf-aig-cache-key": `${call} ${headers["cf-aig-cache-key"]}` }
    : headers

/** The body, with places for five secrets. */
const bodyOf = (to: Call["to"], call: number, stream: boolean, metadata: string | undefined): unknown => {
  const search = metadata === undefined ? "" : `?key=${encodeURIComponent(metadata)}`
  const bodyFor = (model: string) => ({
    model: model === "dynamic/r" ? model : `${model}@0@`,
    stream,
    messages: [
      { role: "user", content: "hi @1@" },
      { role: "tool", content: [{ type: "text", text: "@2@" }] },
    ],
    "x-@3@": { deep: ["@4@"] },
  })
  if (!isSteps(to)) return bodyFor(to[2].model)
  return to.map(({ query, headers, endpoint, ...step }) => ({
    ...step,
    endpoint: `${endpoint}${search}`,
    headers: {
      ...keptApart(headers, call),
      "x-any": "@1@",
      ...(metadata !== undefined && { "cf-aig-metadata": metadata }),
    },
    query: bodyFor(query.model),
  }))
}

/**
 * A call as a request, if there is one. Keys of the caller's own stand only where the caller shows them as credentials,
 * too: otherwise nobody can know that they are keys.
 *
 * @param number of the call, counted from 0
 * @param operators the secrets that the operator has
 */
export const requestOf = (
  leak: Leak,
  number: number,
  operators: ReadonlyArray<string>,
  signal: AbortSignal,
): Request | undefined => {
  const { call: { headers, host, origin, to }, opens } = leak
  const token = operators.find((secret) => secret === tokens.own || secret === tokens.all)
  const credentials: Record<string, string> = opens
    ? { authorization: `Bearer ${mine[0]}`, ...(token !== undefined && { "cf-aig-authorization": token }) }
    : headers
  const byRequest = shownBy(credentials)
  const bySteps = isSteps(to) ? to.flatMap((step) => shownBy(step.headers)) : []
  const choose = (list: ReadonlyArray<string>, which: number) => list[which % list.length] ?? ""
  // Steps are not read where the request is refused before.
  const outside = (which: number) => choose([...operators, ...byRequest], which)
  const inside = (which: number) => choose([...operators, ...byRequest, ...bySteps], which)

  const metadata = leak.inMetadata === null ? undefined : metadataOf(outside(leak.inMetadata))
  const body = leak.inBody.reduce(
    (text, place, index) =>
      text.replaceAll(`@${index}@`, place === null ? "" : place.form(inside(place.which))),
    JSON.stringify(bodyOf(to, number, leak.stream, metadata)),
  )
  const path = `/v1/a/g${isSteps(to) ? "" : `/${to[0]}/${to[1]}`}`
  const url = leak.inUrl === null ? path : leak.inUrl.place(path, outside(leak.inUrl.which))
  const chosen = Object.entries(leak.inHeaders)
    .map(([name, which]) => [name, inHeaders[name]?.(outside(which)) ?? ""] as const)
  return attempt(() =>
    new Request(`http://${host}${url}`, {
      method: leak.inMethod === null ? "POST" : outside(leak.inMethod),
      headers: keptApart({
        "content-type": "application/json",
        ...credentials,
        ...(origin && { origin }),
        ...(metadata !== undefined && { "cf-aig-metadata": metadata }),
        ...(leak.keepsPayload && { "cf-aig-collect-log-payload": leak.keepsPayload }),
        ...Object.fromEntries(chosen),
      }, number),
      body,
      signal,
    })
  )
}
