/**
 * Values in OTLP's JSON form (opentelemetry-proto 1.x, "JSON Protobuf Encoding").
 *
 * @module
 */

/** An `AnyValue`. */
export type OtlpValue =
  | { readonly stringValue: string }
  | { readonly boolValue: boolean }
  | { readonly intValue: string }
  | { readonly doubleValue: number }

/** An attribute. */
export interface KeyValue {
  readonly key: string
  readonly value: OtlpValue
}

/** Text. */
export const textValue = (value: string): OtlpValue => ({ stringValue: value })
/** A whole number; JSON has 64-bit numbers as decimal text. */
export const intValue = (value: number): OtlpValue => ({ intValue: String(value) })
/** A number that may have a fraction; the type of an attribute must not depend on its value. */
export const doubleValue = (value: number): OtlpValue => ({ doubleValue: value })
/** A boolean. */
export const boolValue = (value: boolean): OtlpValue => ({ boolValue: value })

/** The attributes that have a value. */
export const attributes = (
  values: Readonly<Record<string, OtlpValue | null | undefined>>,
): ReadonlyArray<KeyValue> => {
  const list: Array<KeyValue> = []
  for (const key in values) {
    const value = values[key]
    if (value !== null && value !== undefined) list.push({ key, value })
  }
  return list
}

/**
 * A time in nanoseconds since 1970, as text, since it has more digits than a number holds.
 *
 * @param milliseconds may have a fraction, which is used to the microsecond
 */
export const nanoseconds = (milliseconds: number): string => {
  const whole = Math.floor(milliseconds)
  return `${whole}${String(Math.floor((milliseconds - whole) * 1000)).padStart(3, "0")}000`
}
