/**
 * Encodes the OTLP messages that are exported here in protobuf (opentelemetry-proto 1.x), from their JSON form.
 *
 * Libraries were considered (2026-11): `@bufbuild/protobuf` has 25 kB of gzip, `protobufjs` 13 kB without any
 * message, and `@opentelemetry/otlp-transformer` takes objects of OpenTelemetry's SDK, which would have to be
 * imitated.
 *
 * @module
 */

/** A scalar: its JSON form and its encoding. */
type Scalar =
  | "text"
  | "hex"
  | "bool"
  | "varint"
  | "fixed64"
  | "fixed32"
  | "double"
  | "fixed64s"
  | "doubles"

/** The fields of a message by their JSON names, each with its number and type. */
interface Message {
  readonly [name: string]: readonly [number: number, type: Scalar | Message]
}

const anyValue: Message = {
  stringValue: [1, "text"],
  boolValue: [2, "bool"],
  intValue: [3, "varint"],
  doubleValue: [4, "double"],
}
const keyValue: Message = { key: [1, "text"], value: [2, anyValue] }
const resource: Message = { attributes: [1, keyValue] }
const scope: Message = { name: [1, "text"], version: [2, "text"] }

const span: Message = {
  traceId: [1, "hex"],
  spanId: [2, "hex"],
  parentSpanId: [4, "hex"],
  name: [5, "text"],
  kind: [6, "varint"],
  startTimeUnixNano: [7, "fixed64"],
  endTimeUnixNano: [8, "fixed64"],
  attributes: [9, keyValue],
  status: [15, { message: [2, "text"], code: [3, "varint"] }],
  flags: [16, "fixed32"],
}
const logRecord: Message = {
  timeUnixNano: [1, "fixed64"],
  severityNumber: [2, "varint"],
  severityText: [3, "text"],
  body: [5, anyValue],
  attributes: [6, keyValue],
  flags: [8, "fixed32"],
  traceId: [9, "hex"],
  spanId: [10, "hex"],
  observedTimeUnixNano: [11, "fixed64"],
  eventName: [12, "text"],
}
const numberPoint: Message = {
  startTimeUnixNano: [2, "fixed64"],
  timeUnixNano: [3, "fixed64"],
  asDouble: [4, "double"],
  attributes: [7, keyValue],
}
const histogramPoint: Message = {
  startTimeUnixNano: [2, "fixed64"],
  timeUnixNano: [3, "fixed64"],
  count: [4, "fixed64"],
  sum: [5, "double"],
  bucketCounts: [6, "fixed64s"],
  explicitBounds: [7, "doubles"],
  attributes: [9, keyValue],
}
const metric: Message = {
  name: [1, "text"],
  description: [2, "text"],
  unit: [3, "text"],
  gauge: [5, { dataPoints: [1, numberPoint] }],
  sum: [7, {
    dataPoints: [1, numberPoint],
    aggregationTemporality: [2, "varint"],
    isMonotonic: [3, "bool"],
  }],
  histogram: [9, { dataPoints: [1, histogramPoint], aggregationTemporality: [2, "varint"] }],
}

const within = (scoped: string, items: string, item: Message): Message => ({
  resource: [1, resource],
  [scoped]: [2, { scope: [1, scope], [items]: [2, item] }],
})
const request: Message = {
  resourceSpans: [1, within("scopeSpans", "spans", span)],
  resourceLogs: [1, within("scopeLogs", "logRecords", logRecord)],
  resourceMetrics: [1, within("scopeMetrics", "metrics", metric)],
}

const encoder = new TextEncoder()

/** A growing buffer of bytes, whose capacity doubles. */
class Bytes {
  #room = new Uint8Array(256)
  #length = 0

  #more(count: number): number {
    const at = this.#length
    this.#length += count
    if (this.#length > this.#room.length) {
      const larger = new Uint8Array(Math.max(2 * this.#room.length, this.#length))
      larger.set(this.#room.subarray(0, at))
      this.#room = larger
    }
    return at
  }
  /** Growing may have replaced the buffer. */
  #byte(value: number): void {
    const at = this.#more(1)
    this.#room[at] = value
  }
  bytes(bytes: Uint8Array): void {
    const at = this.#more(bytes.length)
    this.#room.set(bytes, at)
  }
  varint(value: bigint): void {
    let rest = BigInt.asUintN(64, value)
    for (; rest > 0x7fn; rest >>= 7n) this.#byte(Number(rest & 0x7fn) | 0x80)
    this.#byte(Number(rest))
  }
  fixed(size: 4 | 8, set: (view: DataView, at: number) => void): void {
    const at = this.#more(size)
    set(new DataView(this.#room.buffer), at)
  }
  whole(): Uint8Array<ArrayBuffer> {
    return this.#room.slice(0, this.#length)
  }
}

const [ofVarint, of64, ofBytes, of32] = [0, 1, 2, 5]

const key = (to: Bytes, number: number, wire: number): void => to.varint(BigInt(number << 3 | wire))

const delimited = (to: Bytes, number: number, bytes: Uint8Array): void => {
  key(to, number, ofBytes)
  to.varint(BigInt(bytes.length))
  to.bytes(bytes)
}

const fixed64 = (to: Bytes, value: unknown): void =>
  to.fixed(8, (view, at) => view.setBigUint64(at, BigInt(String(value)), true))
const double = (to: Bytes, value: unknown): void =>
  to.fixed(8, (view, at) => view.setFloat64(at, Number(value), true))

const packed = (values: unknown, write: (to: Bytes, value: unknown) => void): Uint8Array => {
  const to = new Bytes()
  for (const value of values as ReadonlyArray<unknown>) write(to, value)
  return to.whole()
}

const scalar = (to: Bytes, number: number, type: Scalar, value: unknown): void => {
  switch (type) {
    case "text":
      return delimited(to, number, encoder.encode(String(value)))
    case "hex":
      return delimited(
        to,
        number,
        Uint8Array.from(String(value).match(/../g) ?? [], (byte) => parseInt(byte, 16)),
      )
    case "bool":
      key(to, number, ofVarint)
      return to.varint(value === true ? 1n : 0n)
    case "varint":
      key(to, number, ofVarint)
      return to.varint(BigInt(String(value)))
    case "fixed64":
      key(to, number, of64)
      return fixed64(to, value)
    case "double":
      key(to, number, of64)
      return double(to, value)
    case "fixed32":
      key(to, number, of32)
      return to.fixed(4, (view, at) => view.setUint32(at, Number(value), true))
    case "fixed64s":
      return delimited(to, number, packed(value, fixed64))
    case "doubles":
      return delimited(to, number, packed(value, double))
  }
}

const messageOf = (fields: Message, value: object): Uint8Array<ArrayBuffer> => {
  const to = new Bytes()
  for (const [name, member] of Object.entries(value) as Iterable<[string, unknown]>) {
    const [number, type] = fields[name] ?? []
    if (number === undefined || type === undefined || member === undefined) continue
    if (typeof type === "string") scalar(to, number, type, member)
    else {
      for (const one of Array.isArray(member) ? member : [member]) {
        delimited(to, number, messageOf(type, one as object))
      }
    }
  }
  return to.whole()
}

/** Encodes the body of an export from its JSON form. */
export const protobufOf = (json: string): Uint8Array<ArrayBuffer> =>
  messageOf(request, JSON.parse(json) as object)

/**
 * The number of items that a collector rejected, by its answer (`partial_success`); 0 if the answer says nothing
 * about it.
 */
export const rejectedIn = (answer: Uint8Array): number => {
  // Field 1 of the answer is a message, whose field 1 is the number.
  if (answer[0] !== 0x0a || answer[2] !== 0x08) return 0
  let count = 0
  for (let at = 3, scale = 1; at < answer.length && at < 10; at++, scale *= 128) {
    const byte = answer[at] ?? 0
    count += (byte & 0x7f) * scale
    if (byte < 0x80) break
  }
  return count
}
