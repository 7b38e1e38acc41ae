/**
 * Which count of a rule a request belongs to, if the rule applies to it at all.
 *
 * A partition is a list of alternating names and values; an empty one stands for the whole gateway. Values are
 * compared as text: `1` and `"1"` in metadata are the same caller.
 *
 * @module
 */
import type { RateRule, Selector, SpendRule } from "../config/limit-rules.ts"

/** What a request is counted by. */
export interface LimitSubject {
  /** `account/gateway`. */
  readonly gateway: string
  /** A fingerprint of the caller's credential; never the credential. */
  readonly key: string
  /** `undefined` if the request names no model. */
  readonly model: string | undefined
  /** What the caller says about the request. Unverified: a rule by metadata trusts its callers. */
  readonly metadata: Readonly<Record<string, string | number | boolean>>
}

/** The same with the provider, which Cloudflare's spend rules can select by. */
export interface SpendSubject extends LimitSubject {
  readonly provider: string
  /** Redacts text from the caller where it is shown or kept; nothing is redacted if it is not given. */
  readonly redact?: (text: string) => string
}

/** A reader of budgets. What is not known of the reader does not narrow the budgets down. */
export interface SpendReader extends Pick<LimitSubject, "gateway" | "metadata"> {
  readonly model?: string | undefined
  readonly provider?: string | undefined
}

const metadataValue = ({ metadata }: Pick<LimitSubject, "metadata">, name: string): string | undefined =>
  Object.hasOwn(metadata, name) ? String(metadata[name]) : undefined

const dimensionValue = (subject: LimitSubject, dimension: string): string | undefined => {
  if (dimension === "key") return subject.key
  // Requests that name no model share a count: a body that cannot be read must not be a way around the rule.
  if (dimension === "model") return subject.model ?? ""
  return metadataValue(subject, dimension.slice("metadata.".length))
}

/**
 * The partition of a rate rule; `undefined` if the rule does not apply: a rule per metadata entry ignores requests without
 * that entry. Add a rule without `per` to bound those.
 */
export const ratePartition = (rule: RateRule, subject: LimitSubject): ReadonlyArray<string> | undefined => {
  const partition: Array<string> = []
  for (const dimension of rule.per) {
    const value = dimensionValue(subject, dimension)
    if (value === undefined) return undefined
    partition.push(dimension, value)
  }
  return partition
}

/** Whether a spend rule may apply to a request whose model is not known. */
export const mayApply = (rule: SpendRule, subject: SpendSubject): boolean => {
  const { model: _, ...others } = rule
  return spendPartition(others, subject) !== undefined
}

/** What a rule distinguishes: a name, the condition on its value, and the value. */
type Distinction = readonly [name: string, selector: Selector, value: string | undefined]

const distinctionsOf = (rule: SpendRule, subject: SpendReader): ReadonlyArray<Distinction> => {
  const found: Array<Distinction> = []
  if (rule.model !== undefined) found.push(["model", rule.model, subject.model])
  if (rule.provider !== undefined) found.push(["provider", rule.provider, subject.provider])
  for (const [name, selector] of Object.entries(rule.metadata ?? {})) {
    found.push([`metadata.${name}`, selector, metadataValue(subject, name)])
  }
  return found
}

/**
 * The partition of a spend rule; `undefined` if it does not apply: it is disabled, a filter does not list the
 * request's value, or the request has no value for a filter or a partition (Cloudflare documents only that all
 * matching rules must be under budget).
 */
export const spendPartition = (rule: SpendRule, subject: SpendSubject): ReadonlyArray<string> | undefined => {
  if (!rule.enabled) return undefined
  const partition: Array<string> = []
  for (const [name, selector, value] of distinctionsOf(rule, subject)) {
    if (value === undefined) return undefined
    if (selector.mode === "partition") partition.push(name, value)
    else if (!selector.values.includes(value)) return undefined
  }
  return partition
}

/**
 * The partition as far as a reader is known: names and values, where an unknown value is `undefined`. `undefined` if
 * the rule does not apply to the reader.
 */
export const readPartition = (
  rule: SpendRule,
  reader: SpendReader,
): ReadonlyArray<readonly [name: string, value: string | undefined]> | undefined => {
  if (!rule.enabled) return undefined
  const partition: Array<readonly [string, string | undefined]> = []
  for (const [name, selector, value] of distinctionsOf(rule, reader)) {
    if (selector.mode === "partition") partition.push([name, value])
    else if (value !== undefined && !selector.values.includes(value)) return undefined
  }
  return partition
}

/** The longest value shown in full. */
const longestShown = 256

/** A partition in readable form. */
export const shownPartition = (
  partition: ReadonlyArray<string>,
  redact: (text: string) => string = (text) => text,
): ReadonlyArray<string> =>
  partition.map((text, index) => index % 2 === 0 ? text : redact(text).slice(0, longestShown))
