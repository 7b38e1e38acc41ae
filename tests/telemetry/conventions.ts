/**
 * Names of OpenTelemetry's conventions: attributes and metrics of generative AI (semantic-conventions-genai,
 * 1.42.0-dev), of HTTP and the general ones (semantic-conventions 1.44).
 */
const attributeNames: ReadonlySet<string> = new Set([
  "gen_ai.operation.name",
  "gen_ai.provider.name",
  "gen_ai.request.model",
  "gen_ai.request.stream",
  "gen_ai.response.time_to_first_chunk",
  "gen_ai.usage.input_tokens",
  "gen_ai.usage.output_tokens",
  "gen_ai.usage.cache_read.input_tokens",
  "gen_ai.usage.reasoning.output_tokens",
  "gen_ai.input.messages",
  "gen_ai.output.messages",
  "gen_ai.system_instructions",
  "gen_ai.token.type",
  "server.address",
  "server.port",
  "error.type",
  "http.request.method",
  "http.request.body.size",
  "http.request.resend_count",
  "http.response.status_code",
  "http.response.body.size",
  "http.route",
  "url.full",
  "url.path",
  "url.scheme",
  "user_agent.original",
  "otel.metric.overflow",
])

/** What is the gateway's own, under names that are nobody else's. */
const own = /^(?:basegate|baseten)\.[a-z_]+(?:\.[\w-]+)*$/

/** Whether an attribute may have a name. */
export const isAttributeName = (name: string): boolean => attributeNames.has(name) || own.test(name)

/** Metrics of the conventions: unit, then the bounds of the histograms. */
export const metrics: Readonly<
  Record<string, readonly [unit: string, bounds: ReadonlyArray<number> | undefined]>
> = {
  "gen_ai.client.token.usage": [
    "{token}",
    [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864],
  ],
  "gen_ai.client.operation.duration": [
    "s",
    [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92],
  ],
  "gen_ai.client.operation.time_to_first_chunk": [
    "s",
    [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92],
  ],
  "gen_ai.server.request.duration": [
    "s",
    [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92],
  ],
  "gen_ai.server.time_to_first_token": [
    "s",
    [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
  ],
  "gen_ai.server.time_per_output_token": [
    "s",
    [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5],
  ],
  "http.server.request.duration": [
    "s",
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
  ],
  "http.server.active_requests": ["{request}", undefined],
}
