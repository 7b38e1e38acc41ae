/** A stand-in for an OpenTelemetry collector (OTLP/HTTP, JSON). */
import { Buffer } from "node:buffer"
import { createServer, type ServerResponse } from "node:http"
import { gunzipSync } from "node:zlib"
import { type Attribute, itemsOf, type OtlpSpan } from "../telemetry/otlp/reader.ts"

/** A metric, as far as cases look at it. */
export interface OtlpMetric {
  readonly name: string
  readonly unit: string
  readonly histogram?: { readonly dataPoints: ReadonlyArray<OtlpPoint> }
  readonly sum?: { readonly dataPoints: ReadonlyArray<OtlpPoint> }
  readonly gauge?: { readonly dataPoints: ReadonlyArray<OtlpPoint> }
}
interface OtlpPoint {
  readonly attributes: ReadonlyArray<Attribute>
  readonly explicitBounds?: ReadonlyArray<number>
}

/** A log record. */
export interface OtlpLog {
  readonly traceId?: string
  readonly spanId?: string
  readonly severityText: string
  readonly attributes: ReadonlyArray<Attribute>
}

/** A collector that runs. */
export interface Collector {
  readonly url: string
  readonly spans: (traceId: string) => ReadonlyArray<OtlpSpan>
  /** The instruments of the last export. */
  readonly metrics: () => ReadonlyArray<OtlpMetric>
  readonly logs: () => ReadonlyArray<OtlpLog>
  /** The `authorization` of every request. */
  readonly keys: () => ReadonlySet<string | undefined>
  /** The path and the content coding of every request. */
  readonly codings: () => ReadonlySet<string>
  /** From now on answers nothing, until it is told otherwise. */
  readonly hang: (hangs: boolean) => void
  readonly close: () => Promise<void>
}

/** Listens on a free port of the loopback address. */
export const startCollector = async (): Promise<Collector> => {
  const bodies: Record<string, Array<string>> = { "/v1/traces": [], "/v1/metrics": [], "/v1/logs": [] }
  const keys = new Set<string | undefined>()
  const codings = new Set<string>()
  const hanging = new Set<ServerResponse>()
  let hangs = false
  const server = createServer((request, response) => {
    const chunks: Array<Uint8Array> = []
    request.on("data", (chunk: Uint8Array) => chunks.push(chunk))
    request.on("end", () => {
      if (hangs) return void hanging.add(response)
      const known = bodies[request.url ?? ""]
      const isJson = request.headers["content-type"] === "application/json"
      keys.add(request.headers.authorization)
      const coding = request.headers["content-encoding"] ?? "none"
      codings.add(`${request.url} ${coding}`)
      const body = Buffer.concat(chunks)
      known?.push((coding === "gzip" ? gunzipSync(body) : body).toString("utf8"))
      response.writeHead(known !== undefined && isJson ? 200 : 400, { "content-type": "application/json" })
      response.end("{}")
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()))
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  const bodiesOf = (signal: string) => bodies[`/v1/${signal}`] ?? []
  return {
    url: `http://127.0.0.1:${port}`,
    spans: (traceId) =>
      bodiesOf("traces").flatMap((body) => itemsOf<OtlpSpan>(body, "Spans", "spans"))
        .filter((span) => span.traceId === traceId),
    metrics: () => itemsOf<OtlpMetric>(bodiesOf("metrics").at(-1) ?? "{}", "Metrics", "metrics"),
    logs: () => bodiesOf("logs").flatMap((body) => itemsOf<OtlpLog>(body, "Logs", "logRecords")),
    keys: () => keys,
    codings: () => codings,
    hang: (value) => {
      hangs = value
      for (const response of hanging) response.destroy()
      hanging.clear()
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
