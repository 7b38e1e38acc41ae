/** A gateway with policies, in front of a provider that answers as it is told. */
import * as Layer from "effect/Layer"
import { createGateway, type RequestRecord, Telemetry, Transport } from "../../mod.ts"
import type { LogDirective } from "../../lib/request-log/entry.ts"

/** What the provider got. */
export interface Reached {
  readonly url: string
  readonly body: string
  readonly headers: Headers
  readonly signal: AbortSignal
}

/** A gateway and what it did. */
export interface Guarded {
  readonly call: (path: string, body: unknown, headers?: Record<string, string>) => Promise<Response>
  readonly reached: Array<Reached>
  readonly records: Array<RequestRecord>
  readonly payloads: Array<LogDirective["payloads"]>
  readonly idle: () => Promise<void>
}

/** An event stream in chunks, each a moment after the other. */
export const stream = (chunks: ReadonlyArray<string | Uint8Array>, type = "text/event-stream"): Response => {
  const encoder = new TextEncoder()
  const rest = [...chunks]
  const body = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      await new Promise((resolve) => setTimeout(resolve, 0))
      const next = rest.shift()
      if (next === undefined) controller.close()
      else controller.enqueue(typeof next === "string" ? encoder.encode(next) : next)
    },
  }, { highWaterMark: 0 })
  return new Response(body, { headers: { "content-type": type } })
}

/** Runs a test with it. */
export const withGuarded = async (
  entry: object,
  answer: (reached: Reached) => Response | Promise<Response>,
  use: (guarded: Guarded) => Promise<void>,
  variables: Readonly<Record<string, string>> = {},
): Promise<void> => {
  const reached: Array<Reached> = []
  const records: Array<RequestRecord> = []
  const payloads: Array<LogDirective["payloads"]> = []
  const gateway = createGateway({
    env: { LOG_LEVEL: "none", ...variables },
    config: { gateways: { "*": entry } } as never,
    layer: Layer.succeed(Telemetry, {
      record: (record, directive) => {
        records.push(record)
        payloads.push(directive.payloads)
      },
    }),
    transport: Transport.layerFetch({
      fetch: async (url, init) => {
        const body = init?.body === undefined || init.body === null
          ? ""
          : await new Response(init.body).text()
        const one = {
          url: String(url),
          body,
          headers: new Headers(init?.headers as HeadersInit),
          signal: init?.signal ?? new AbortController().signal,
        }
        reached.push(one)
        return answer(one)
      },
    }),
  })
  const call = (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
    gateway.fetch(
      new Request(`https://gate.example/v1/a/g/${path}`, {
        method: "POST",
        headers: { authorization: "Bearer sk-own", "content-type": "application/json", ...headers },
        body: typeof body === "string" || body instanceof Uint8Array
          ? body as string | Uint8Array<ArrayBuffer>
          : JSON.stringify(body),
      }),
    )
  try {
    await use({ call, reached, records, payloads, idle: () => gateway.idle() })
  } finally {
    await gateway.dispose()
  }
}

/** Policies of one profile. */
export const policy = (
  action: string,
  detectors: ReadonlyArray<unknown>,
  check?: ReadonlyArray<string>,
): object => ({
  dlp: { enabled: true, policies: [{ id: "p", action, ...(check && { check }), profiles: ["pii"] }] },
  dlp_profiles: { pii: { detectors } },
})
