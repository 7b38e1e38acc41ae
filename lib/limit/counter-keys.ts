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

/** Turns a name that a caller chose into its digest. */
export type DigestName = (name: string) => Awaitable<string>

/** The number of digests remembered, so that a caller's next request need not wait for one. */
const rememberedNames = 1_000

/** The longest name remembered, so that names that callers choose cannot fill memory. */
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

/** Distinguishes the counts of a rule from those before its window, or its calendar's time zone, was changed. */
export const windowName = (length: WindowLength, zone: string): ReadonlyArray<string | number> =>
  typeof length === "number" ? [length] : [length, zone]

/**
 * A rule's count for one partition.
 *
 * Parts are encoded as JSON, so that different lists of parts have different names. A name with something that a
 * caller chose (a model, metadata) is replaced by its SHA-256, so that keys stay short and reveal nothing about
 * callers.
 *
 * The count of a rule that does not distinguish callers is never forgotten: there is one per rule. Callers can create
 * any number of the others.
 *
 * @param rule distinguishes the rule from all others; must not come from the caller
 * @param shown the partition in readable form, for counts of money, which must never be forgotten; `undefined` for
 * others
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
 * The count of a rule's refusals, in its own windows. One for all of its partitions together, so that callers cannot
 * create counters by being refused.
 */
export const refusalsOf = (
  rule: ReadonlyArray<string | number>,
  gateway: string,
  window: Window,
): Counted => {
  const name = JSON.stringify(["refused", ...rule])
  return { window, count: { gateway, name, overflow: name, spend: undefined } }
}
