/** Reads OTLP's JSON form, as far as tests look at it. */

/** An attribute. */
export interface Attribute {
  readonly key: string
  readonly value: Readonly<Record<string, unknown>>
}

/** A span. */
export interface OtlpSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: ReadonlyArray<Attribute>
  readonly status?: { readonly code: number }
}

/** Attributes by name, as plain values. */
export const attributesIn = (
  holder: { readonly attributes: ReadonlyArray<Attribute> } | undefined,
): Record<string, unknown> =>
  Object.fromEntries(
    (holder?.attributes ?? []).map(({ key, value }) => [
      key,
      "intValue" in value ? Number(value["intValue"]) : Object.values(value)[0],
    ]),
  )

interface Scoped {
  readonly [name: string]: unknown
}
interface Envelope {
  readonly [name: string]: ReadonlyArray<Scoped>
}

/** The items of an export: `resourceSpans` → `scopeSpans` → `spans` and so on. */
export const itemsOf = <Item>(
  body: string,
  kind: "Spans" | "Metrics" | "Logs",
  items: "spans" | "metrics" | "logRecords",
): ReadonlyArray<Item> =>
  ((JSON.parse(body) as Envelope)[`resource${kind}`] ?? [])
    .flatMap((resource) => resource[`scope${kind}`] as ReadonlyArray<Scoped>)
    .flatMap((scope) => scope[items] as ReadonlyArray<Item>)
