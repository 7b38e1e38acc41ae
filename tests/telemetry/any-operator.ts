/** Operators whose gateways tell all they may: bodies, spans, logs, metrics, and whatever an admin asks for. */
import fc from "fast-check"
import { environment, stored, tokens, variablesOf } from "../auth/any-gateway.ts"

/** Secrets in shapes that others have not: what a header for collectors holds, an id of a trace, and what needs escapes. */
const hidden = {
  collector: "otlp/secret+7a=",
  hex: "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
  odd: 'sk-odd/+"\\=<&>',
}

/** An operator who keeps bodies, has a collector, and is an admin. */
export const operator = fc.record({
  base: environment,
  anyGateway: fc.boolean(),
  payloads: fc.constantFrom(undefined, true),
  payloadLimit: fc.constantFrom(undefined, undefined, 700, 40),
  streams: fc.boolean(),
  attempts: fc.constantFrom(1, 2),
  drains: fc.boolean(),
})
/** One operator's settings. */
export type Operator = typeof operator extends fc.Arbitrary<infer A> ? A : never

const entryOf = ({ base: { entry }, payloads, payloadLimit, streams, attempts, drains }: Operator) => ({
  ...entry,
  collect_log_payloads: payloads,
  log_payload_limit: payloadLimit,
  cache_streams: streams,
  retry_max_attempts: attempts,
  retry_delay: 0,
  headers_timeout: 30,
  request_idle_timeout: 30,
  idle_timeout: 30,
  on_client_leave: drains ? "drain" : "cancel",
})

/** The same as variables. */
export const settingsOf = (operator: Operator): Record<string, unknown> => {
  const entry = entryOf(operator)
  return {
    ...variablesOf(operator.base),
    BASEGATE_CONFIG: JSON.stringify({
      gateways: {
        "a/g": entry,
        "b/g": { tokens: [tokens.foreign] },
        ...(operator.anyGateway && { "*": entry }),
      },
    }),
    BASEGATE_ADMIN_TOKEN: tokens.admin,
    KEY_ALT: hidden.odd,
    OTEL_EXPORTER_OTLP_ENDPOINT: "https://collector.test",
    OTEL_EXPORTER_OTLP_HEADERS: `authorization=Basic%20${encodeURIComponent(btoa(`id:${hidden.collector}`))}`,
    OTEL_EXPORTER_OTLP_TRACES_HEADERS: `x-team=${hidden.hex}`,
  }
}

/** The secrets that an operator's settings hold. */
export const secretsOfOperator = ({ base }: Operator): ReadonlyArray<string> => {
  const { entry, BASEGATE_TOKENS, BASETEN_API_KEY } = base
  const { baseten, "custom-one": one } = entry.provider_keys
  const headers = entry.custom_providers?.one.headers
  const all: ReadonlyArray<readonly [secret: string, isSet: unknown]> = [
    [tokens.own, entry.tokens],
    [tokens.all, BASEGATE_TOKENS],
    [tokens.foreign, true],
    [tokens.admin, true],
    [stored.default, BASETEN_API_KEY],
    [hidden.odd, baseten],
    [stored.one, one],
    [stored.header, headers],
    // A collector's headers of its own go before those of all.
    [hidden.collector, true],
    [btoa(`id:${hidden.collector}`), true],
    [hidden.hex, true],
  ]
  return all.filter(([, isSet]) => isSet !== undefined).map(([secret]) => secret)
}
