/**
 * The counters of rules in the store.
 *
 * @module
 */
import type { WindowLength } from "../config/window-length.ts"
import { textDigest } from "../redaction/digest.ts"
import type { Addition, Counter, Spend } from "../store/addition.ts"
import { boundedMap } from "../store/bounded-map.ts"
import { type Awaitable, whenReady } from "../time/awaitable.ts"
import { bucketOf, counterTtl, type Window, type WindowUsage } from "./windows.ts"

/** What a rule counts for one partition, over all of time. */
export interface Count {
  /** `account/gateway`. */
  readonly gateway: string
  readonly name: string
  /** The count to use when there is no room for another; `undefined` if an old one may be forgotten instead. */
  readonly overflow: string | undefined
  /** Of counts of money: the rule, and the partition for people to read. */
  readonly spend: Omit<Spend, "period"> | undefined
}

/** Names for what callers chose. */
export type DigestName = (name: string) => Awaitable<string>

/** How many names are remembered: a caller's next request finds its own without waiting for a digest. */
const rememberedNames = 1_000

/** Longer ones are not remembered, so that what callers choose cannot fill memory. */
const longestRemembered = 1_000

/** Makes digests, and remembers the last ones. */
export const rememberDigests = (): DigestName => {
  const digests = boundedMap<string>(rememberedNames)
  return (name) =>
    digests.get(name, 0) ?? textDigest(name).then((digest) => {
      if (name.length <= longestRemembered) digests.set(name, digest, 1, Infinity, 0)
      return digest
    })
}

/** What distinguishes the counts of a rule whose window was changed: the calendar's zone belongs to it. */
export const windowName = (length: WindowLength, zone: string): ReadonlyArray<string | number> =>
  typeof length === "number" ? [length] : [length, zone]

/**
 * A rule's count for one partition.
 *
 * Parts are encoded as JSON, so that no two lists of parts give one name. A name that holds what a caller chose
 * (a model, metadata) is replaced by its SHA-256: keys stay short and reveal nothing about callers.
 *
 * The count of a rule that does not distinguish callers is never forgotten: there is one per rule. Callers can create any
 * number of the others.
 *
 * @param rule distinguishes the rule from all others; must not come from the caller
 * @param shown the partition for people to read, for counts of money: those must not be forgotten, whatever they distinguish
 */
export const countOf = (
  gateway: string,
  rule: ReadonlyArray<string | number>,
  partition: ReadonlyArray<string>,
  shown: Spend["partition"] | undefined,
  digest: DigestName,
): Awaitable<Count> => {
  const name = JSON.stringify([...rule, ...partition])
  if (shown === undefined) {
    return partition.length === 0
      ? { gateway, name, overflow: name, spend: undefined }
      : whenReady(digest(name), (name) => ({ gateway, name, overflow: undefined, spend: undefined }))
  }
  const overflow = JSON.stringify(rule)
  const spend = { rule: overflow, partition: shown }
  return partition.length === 0
    ? { gateway, name, overflow, spend }
    : whenReady(digest(name), (name) => ({ gateway, name, overflow, spend }))
}

const counterOf = ({ gateway, name, overflow, spend }: Count, period: number): Counter => {
  const key = `${name}:${period}`
  if (overflow === undefined) return { gateway, key }
  const counter = { gateway, key, overflow: `${overflow}:${period}` }
  return spend === undefined ? counter : { ...counter, spend: { ...spend, period } }
}

/** A window, and what is counted in it. */
export interface Counted {
  readonly window: Window
  readonly count: Count
}

/** The addition to the bucket of a time. */
export const additionOf = ({ count, window }: Counted, by: number, now: number): Addition => ({
  counter: counterOf(count, bucketOf(window, now)),
  by,
  ttl: counterTtl(window, now),
})

/**
 * Additions to the buckets of a time, and reads of the buckets that their windows look back
 * at, for one round trip to the store.
 *
 * @param by how much is added to each; 0 to read it
 */
export const usageAdditions = (
  counted: ReadonlyArray<Counted>,
  by: (index: number) => number,
  now: number,
): ReadonlyArray<Addition> => {
  const additions = counted.map((each, index) => additionOf(each, by(index), now))
  for (const { count, window } of counted) {
    if (window.technique === "fixed") continue
    additions.push({
      counter: counterOf(count, bucketOf(window, now) - 1),
      by: 0,
      ttl: counterTtl(window, now),
    })
  }
  return additions
}

/** The use of each window, from the sums that `usageAdditions` gave. */
export const usagesIn = (
  counted: ReadonlyArray<Counted>,
  sums: ReadonlyArray<number>,
): ReadonlyArray<WindowUsage> => {
  let next = counted.length
  return counted.map(({ window }, index) => ({
    previous: window.technique === "fixed" ? 0 : sums[next++] ?? 0,
    current: sums[index] ?? 0,
  }))
}
