/**
 * The counters of rules in the store.
 *
 * @module
 */
import type { WindowLength } from "../config/window-length.ts"
import { textDigest } from "../redaction/digest.ts"
import type { Spend } from "../store/counter.ts"
import { boundedMap } from "../store/bounded-map.ts"
import type { Count, Counted } from "../store/counted.ts"
import type { Window } from "../store/windows.ts"
import { type Awaitable, whenReady } from "../time/awaitable.ts"

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

/**
 * How often a rule refuses, in the windows in which it counts: once for all whom it tells apart, so that callers cannot
 * make counters by being refused.
 */
export const refusalsOf = (
  rule: ReadonlyArray<string | number>,
  gateway: string,
  window: Window,
): Counted => {
  const name = JSON.stringify(["refused", ...rule])
  return { window, count: { gateway, name, overflow: name, spend: undefined } }
}
