/**
 * Asks a gateway's scanner, with a timeout, a cache of verdicts and a circuit of its own.
 *
 * Its calls are the gateway's own: they count in no limits and no analytics, but are in the log entry of the call
 * that they were made for.
 *
 * @module
 */
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { concatBytes } from "../bytes/concat.ts"
import { circuitSettings } from "../config/circuit-settings.ts"
import type { GatewaySettings } from "../config/gateway-settings.ts"
import type { Guardrails } from "../guardrail/guardrails.ts"
import { readVerdict } from "../guardrail/guardrails.ts"
import type { ScannedConversation } from "../guardrail/scanned-text.ts"
import { HeaderFields } from "../headers/header-fields.ts"
import { isForwarded, nextHop, requestHeaders } from "../headers/request-headers.ts"
import { isRedirect } from "../headers/response-headers.ts"
import { parseBytes } from "../json/members.ts"
import { objectOf } from "../json/parse.ts"
import { callCost } from "../pricing/call-cost.ts"
import { textDigest } from "../redaction/digest.ts"
import { dollarsOfSum, picoOf } from "../request-log/money.ts"
import { callPath } from "../route/custom-provider.ts"
import { chatPath } from "../route/llm-calls.ts"
import type { UrlResolver } from "../route/UrlResolver.ts"
import { type BoundedMap, boundedMap } from "../store/bounded-map.ts"
import { isHostFailure } from "../upstream/circuit.ts"
import type { Cut } from "../upstream/cut.ts"
import type { GuardedBody } from "../upstream/guarded-body.ts"
import type { UpstreamAnswer } from "../upstream/Upstream.ts"
import type { CallServices } from "./stages.ts"
import type { Call } from "./call.ts"

/** The categories that a scanner named, or why it named none. */
export type Scanned = ReadonlyArray<string> | "unavailable" | "unpaid"

/** The services that scanners use. */
export type ScannerServices =
  & Pick<CallServices, "circuits" | "clock" | "prices" | "upstream">
  & { readonly resolver: UrlResolver["Service"] }

/** How many verdicts are remembered, and how long, in milliseconds. */
const [mostVerdicts, verdictLife] = [10_000, 3_600_000]
/** A verdict is a word or two: a longer answer is not a verdict. In bytes. */
const longestAnswer = 65_536
/** Room for every category. */
const mostTokens = 100

const circuit = circuitSettings({})
const encoder = new TextEncoder()

/** The scanner of one gateway. */
export class Scanner {
  readonly #services: ScannerServices
  readonly #gateway: GatewaySettings
  readonly #guardrails: Guardrails
  readonly #verdicts: BoundedMap<ReadonlyArray<string>> = boundedMap(mostVerdicts)

  constructor(services: ScannerServices, gateway: GatewaySettings, guardrails: Guardrails) {
    this.#services = services
    this.#gateway = gateway
    this.#guardrails = guardrails
  }

  /** A remembered verdict on the same text. */
  async known(conversation: ScannedConversation): Promise<ReadonlyArray<string> | undefined> {
    return this.#verdicts.get(await keyOf(conversation), this.#services.clock.now())
  }

  /** Gets a verdict. Never rejects, and takes no longer than the scanner's timeout. */
  async scan(call: Call, conversation: ScannedConversation, cut: Cut): Promise<Scanned> {
    const { clock } = this.#services
    const key = await keyOf(conversation)
    const known = this.#verdicts.get(key, clock.now())
    if (known !== undefined) {
      this.#note(call, { calls: 0, cached: 1, duration: 0, usage: noUsage })
      return known
    }
    const before = clock.now()
    const { scanned, usage } = await this.#ask(call, conversation, cut)
    const now = clock.now()
    this.#note(call, { calls: 1, cached: 0, duration: now - before, usage })
    if (typeof scanned !== "string") this.#verdicts.set(key, scanned, 1, now + verdictLife, now)
    return scanned
  }

  async #ask(call: Call, conversation: ScannedConversation, cut: Cut): Promise<Asked> {
    const { circuits, clock, upstream } = this.#services
    const { timeout, model } = this.#guardrails.scanner
    const url = this.#url(call)
    const headers = this.#headers(call)
    if (url === undefined || headers === undefined) return unavailable
    // Separate from the circuit for calls to this host.
    const entered = circuits.enter(`${new URL(url).host} (guardrails)`, circuit, clock.now())
    if (Result.isFailure(entered)) return unavailable
    const { done } = entered.success
    const body = encoder.encode(
      JSON.stringify({
        model,
        messages: conversation,
        stream: false,
        temperature: 0,
        max_tokens: mostTokens,
      }),
    )
    headers.set("content-length", String(body.byteLength))
    const limits = { headers: timeout, idle: timeout, total: timeout }
    try {
      const sent = await upstream.send({ url, method: "POST", headers, body }, limits, cut)
      if (Result.isFailure(sent)) {
        if (isHostFailure(sent.failure.error.reason)) done(false, clock.now())
        return unavailable
      }
      const bytes = await readShort(sent.success, cut)
      done(bytes !== undefined && !isHostFailure(sent.success.status), clock.now())
      return bytes === undefined ? unavailable : readAnswer(sent.success, bytes)
    } catch {
      done(false, clock.now())
      return unavailable
    }
  }

  #url({ exchange }: Call): string | undefined {
    const { provider } = this.#guardrails.scanner
    const custom = this.#gateway.customProviders.get(provider)
    const path = custom === undefined ? chatPath : callPath(custom.baseUrl, chatPath)
    const place = { account: exchange.account ?? "", gateway: exchange.gateway ?? "" }
    const found = this.#services.resolver.resolveWithin(place, "POST", provider, path, "")
    return Result.isSuccess(found) && found.success.kind === "upstream" ? found.success.url : undefined
  }

  /** Sends only the gateway's own key. `undefined` if the scanner turns out to be the gateway itself. */
  #headers({ exchange }: Call): HeaderFields | undefined {
    const { scanner: { provider } } = this.#guardrails
    const { keys, customProviders, authScheme } = this.#gateway
    const hop = nextHop(exchange.headers)
    if (hop === undefined) return undefined
    const headers = requestHeaders(new HeaderFields(), hop, exchange.id)
    headers.set("content-type", "application/json")
    const key = keys.get(provider)?.get("default")
    const scheme = provider === "baseten" && authScheme === "api-key" ? "Api-Key" : "Bearer"
    if (key !== undefined) headers.set("authorization", `${scheme} ${Redacted.value(key)}`)
    for (const { name, value } of customProviders.get(provider)?.headers ?? []) {
      const lower = name.toLowerCase()
      if (isForwarded(lower)) headers.set(lower, Redacted.value(value))
    }
    return headers
  }

  #note({ report }: Call, { calls, cached, duration, usage }: Use): void {
    const { provider, model } = this.#guardrails.scanner
    const before = report.guardrailsScanner
    const { cost = null } = calls === 0 ? { cost: 0 } : callCost(
      {
        provider,
        deployment: undefined,
        model,
        status: usage === noUsage ? 502 : 200,
        cached: false,
        usage: { ...usage, cachedInput: undefined, reasoning: undefined },
        duration,
      },
      { custom: undefined, overrides: this.#gateway.prices, priceOf: this.#services.prices.priceOf },
    )
    const spent = before?.cost === null || cost === null
      ? null
      : dollarsOfSum(picoOf(before?.cost ?? 0) + picoOf(cost))
    report.guardrailsScanner = {
      model: `${provider}/${model}`,
      calls: (before?.calls ?? 0) + calls,
      cached: (before?.cached ?? 0) + cached,
      tokens_in: (before?.tokens_in ?? 0) + usage.input,
      tokens_out: (before?.tokens_out ?? 0) + usage.output,
      cost: spent,
      duration_ms: Math.round(((before?.duration_ms ?? 0) + duration) * 1000) / 1000,
    }
  }
}

interface Tokens {
  readonly input: number
  readonly output: number
}

interface Asked {
  readonly scanned: Scanned
  readonly usage: Tokens
}

interface Use {
  readonly calls: number
  readonly cached: number
  readonly duration: number
  readonly usage: Tokens
}

const noUsage: Tokens = { input: 0, output: 0 }
const unavailable: Asked = { scanned: "unavailable", usage: noUsage }

const keyOf = (conversation: ScannedConversation): Promise<string> => textDigest(JSON.stringify(conversation))

/** The body of an answer; `undefined` if it is too long for a verdict, or incomplete. */
const readShort = async (
  { body, release }: UpstreamAnswer,
  cut: Cut,
): Promise<Uint8Array<ArrayBuffer> | undefined> => {
  if (body === undefined) return new Uint8Array(0)
  const forget = cut.onCut(() => body.cancel())
  try {
    return await readUpTo(body, longestAnswer)
  } catch {
    return undefined
  } finally {
    forget()
    // Does nothing if the body is complete.
    release()
  }
}

const readUpTo = async (
  body: GuardedBody,
  most: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> => {
  const chunks: Array<Uint8Array> = []
  let size = 0
  while (size <= most) {
    const { done, value } = await body.read()
    if (done) return concatBytes(chunks, size)
    chunks.push(value.slice())
    size += value.byteLength
  }
  return undefined
}

const tokensOf = (value: unknown): number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : 0

/** Reads a scanner's answer. */
const readAnswer = (answer: UpstreamAnswer, bytes: Uint8Array<ArrayBuffer>): Asked => {
  if (answer.status === 402) return { scanned: "unpaid", usage: noUsage }
  if (answer.status >= 300 || isRedirect(answer)) return unavailable
  const { choices, usage } = objectOf(parseBytes(bytes))
  const message = objectOf(objectOf(Array.isArray(choices) ? choices[0] : undefined)["message"])
  const said = message["content"]
  const found = typeof said === "string" ? readVerdict(said) : undefined
  const { prompt_tokens: input, completion_tokens: output } = objectOf(usage)
  return { scanned: found ?? "unavailable", usage: { input: tokensOf(input), output: tokensOf(output) } }
}
