/** Exchanges, targets and answers for tests of the stages and plans of a request: each is made in one line. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { inspect } from "../../lib/body/prepare-body.ts"
import { Call, type CallContext, type CallResult, type Next, PendingAnswer } from "../../lib/call/call.ts"
import type { CallTarget } from "../../lib/call/target.ts"
import { readSettings } from "../../lib/config/environment.ts"
import type { GatewaySettings } from "../../lib/config/gateway-settings.ts"
import { requestOptions } from "../../lib/config/request-options.ts"
import { GatewayError, type Reason } from "../../lib/errors.ts"
import { Exchange, type HostContext } from "../../lib/exchange.ts"
import { HeaderFields } from "../../lib/headers/header-fields.ts"
import type { Price } from "../../lib/pricing/price.ts"
import type { Prices } from "../../lib/pricing/Prices.ts"
import { findPath, findPathWithin, forMethod, type UpstreamRoute } from "../../lib/route/routes.ts"
import type { UrlResolver } from "../../lib/route/UrlResolver.ts"
import { bodyOfBytes } from "../../lib/upstream/derived-body.ts"
import type { UpstreamAnswer } from "../../lib/upstream/Upstream.ts"

/** The settings of a gateway `a/g` with one entry. */
export const someSettings = (entry: object = {}) =>
  Result.getOrThrow(readSettings({ BASEGATE_CONFIG: { gateways: { "*": entry } } }))

/** The same, of the gateway alone. */
export const someGateway = (entry: object = {}): GatewaySettings => {
  const gateway = someSettings(entry).gateway("a", "g")
  if (gateway === undefined) throw new Error("no gateway")
  return gateway
}

/** An exchange that has just come in. */
export const someExchange = (
  { path = "baseten/v1/chat/completions", headers = {}, host = {}, onEnd = () => {} }: {
    readonly path?: string
    readonly headers?: Record<string, string>
    readonly host?: HostContext
    readonly onEnd?: (exchange: Exchange) => void
  } = {},
): Exchange => {
  const request = new Request(`http://gate.example/v1/a/g/${path}`, { method: "POST", headers })
  const exchange = new Exchange(
    request,
    new URL(request.url),
    HeaderFields.of(request.headers),
    host,
    undefined,
    onEnd,
  )
  exchange.account = "a"
  exchange.gateway = "g"
  return exchange
}

/** A resolver by the settings of one entry. */
export const resolverOf = (entry: object = {}): UrlResolver["Service"] => {
  const settings = someSettings(entry)
  return {
    resolve: (method, { pathname, search }) => forMethod(findPath(settings, pathname, search), method),
    resolveWithin: (place, method, provider, path, search) =>
      forMethod(findPathWithin(settings, place, provider, path, search), method),
  }
}

/** A caller without a gateway token, at a gateway with one entry. */
export const someContext = (entry: object = {}, exchange = someExchange()): CallContext => ({
  exchange,
  gateway: someGateway(entry),
  caller: { token: undefined, tokenHeaders: new Set() },
})

/** A chat that asks for a model. */
export const someTarget = (
  {
    step = 0,
    model = "openai/gpt-oss-120b",
    body = { model, messages: [] },
    gateway = someGateway(),
    change = {},
  }: {
    readonly step?: number
    readonly model?: string
    readonly body?: object
    readonly gateway?: GatewaySettings
    readonly change?: Partial<CallTarget>
  } = {},
): CallTarget => ({
  step,
  method: "POST",
  route: Result.getOrThrow(
    findPath(someSettings(), "/v1/a/g/baseten/v1/chat/completions", ""),
  ) as UpstreamRoute,
  headers: HeaderFields.from([["content-type", "application/json"]]),
  tokenHeaders: new Set(),
  acceptsCallerKey: true,
  body: Result.getOrThrow(inspect(new TextEncoder().encode(JSON.stringify(body)), "viewed")),
  options: requestOptions(gateway, {}, {}, true),
  adaptations: [],
  ...change,
})

/** Prices in US dollars for a token, by model. */
export const pricesOf = (list: Readonly<Record<string, Price>>): Prices["Service"] => ({
  priceOf: (model) => list[model],
  isRefreshDue: () => false,
  refreshIfDue: Effect.void,
})

/** A call of a target that knows the entry's options, as its stages meet it. */
export const someCall = (
  { entry = {}, exchange = someExchange(), ...target }:
    & { readonly entry?: object; readonly exchange?: Exchange }
    & Omit<NonNullable<Parameters<typeof someTarget>[0]>, "gateway"> = {},
): Call => {
  const context = someContext(entry, exchange)
  const call = new Call(context, someTarget({ ...target, gateway: context.gateway }), [])
  exchange.reports.push(call.report)
  return call
}

/** What a provider answers; it counts how often it was released. */
export const someUpstream = (status = 200, text = "{}", headers: Record<string, string> = {}) => {
  const fields = HeaderFields.from(Object.entries(headers))
  const answer: UpstreamAnswer & { released: number } = {
    status,
    statusText: "",
    headers: fields,
    received: fields,
    body: bodyOfBytes(new TextEncoder().encode(text)),
    release: () => void answer.released++,
    released: 0,
  }
  return answer
}

/** An answer that counts how often it was released. */
export class SomeAnswer extends PendingAnswer {
  released = 0
  constructor(call: Call, status = 200, text = "{}", headers: Record<string, string> = {}) {
    const fields = HeaderFields.from(Object.entries(headers))
    super({
      status,
      statusText: "",
      headers: fields,
      received: fields,
      body: bodyOfBytes(new TextEncoder().encode(text)),
      release: () => void this.released++,
    }, call)
  }
}

/** Calls that come to these statuses or errors, one after the other; what was called and answered is kept. */
export const scripted = (...script: ReadonlyArray<number | Reason>) => {
  const calls: Array<Call> = []
  const answers: Array<SomeAnswer> = []
  const next: Next = (call): Promise<CallResult> => {
    const outcome = script[calls.length] ?? 200
    calls.push(call)
    if (typeof outcome === "string") {
      return Promise.resolve(Result.fail(new GatewayError({ reason: outcome, detail: outcome })))
    }
    const answer = new SomeAnswer(call, outcome)
    answers.push(answer)
    return Promise.resolve(Result.succeed(answer))
  }
  return { next, calls, answers }
}
