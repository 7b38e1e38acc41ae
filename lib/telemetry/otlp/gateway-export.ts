/**
 * Exports the spans of single gateways to collectors of their own.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import type { OtlpEndpoint } from "../../config/otel-settings.ts"
import type { SettingsShape } from "../../config/settings-shape.ts"
import { strictJson } from "../../json/exact-json.ts"
import type { RequestRecord } from "../../record/request-record.ts"
import type { Payloads } from "../../request-log/entry.ts"
import type { Attributes } from "../genai/attributes.ts"
import { contentAttributes } from "../genai/content.ts"
import type { RequestExport, SignalOf } from "./exporter.ts"
import type { SignalExport } from "./signal.ts"
import { otlpSpans } from "./spans.ts"
import { doubleValue, intValue, textValue } from "./values.ts"

/** The attributes that have names of their own in Cloudflare's spans. */
const cloudflareAttributes = ({ provider, tokens_in, tokens_out, cost }: RequestRecord): Attributes => ({
  "gen_ai.model.provider": provider === null ? null : textValue(provider),
  "gen_ai.usage.total_tokens": tokens_in === null || tokens_out === null
    ? null
    : intValue(tokens_in + tokens_out),
  "gen_ai.usage.cost": cost === null ? null : doubleValue(cost),
})

/** The most collectors that are kept although their settings may be gone. */
const mostKept = 100

/**
 * Opens the queue of a collector when its gateway is first called.
 *
 * @param run runs an export that the request has to wait for (Workers); `undefined` if exports run in the background
 */
export const exportOfGateways = (
  settings: Pick<SettingsShape, "gateway">,
  signalOf: SignalOf,
  run: ((effect: Effect.Effect<void>) => Promise<void>) | undefined,
): Pick<RequestExport, "close"> & {
  readonly record: (record: RequestRecord, payloads: Payloads | undefined) => void | Promise<void>
} => {
  const signals = new Map<OtlpEndpoint, SignalExport>()
  const signalFor = (endpoint: OtlpEndpoint): SignalExport => {
    const known = signals.get(endpoint)
    if (known !== undefined) return known
    if (signals.size >= mostKept) {
      for (const [old, signal] of signals) if (!signal.waits()) signals.delete(old)
    }
    const signal = signalOf(endpoint)
    signals.set(endpoint, signal)
    return signal
  }
  return {
    record: (record, payloads) => {
      const gateway = settings.gateway(record.account_id ?? "", record.gateway_id ?? "")
      if (gateway === undefined || gateway.otel.length === 0 || record.trace === null) return
      const content = { ...(payloads && contentAttributes(payloads)), ...cloudflareAttributes(record) }
      const spans = otlpSpans(record, content).map((span) => strictJson(span))
      const sent: Array<Promise<void>> = []
      for (const endpoint of gateway.otel) {
        const signal = signalFor(endpoint)
        for (const span of spans) signal.push(span)
        if (run === undefined) signal.start()
        else sent.push(run(signal.flush))
      }
      if (sent.length > 0) return Promise.all(sent).then(() => {})
    },
    close: Effect.suspend(() =>
      Effect.forEach([...signals.values()], ({ close }) => close, { concurrency: "unbounded", discard: true })
    ),
  }
}
