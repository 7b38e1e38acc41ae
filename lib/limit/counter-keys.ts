/**
 * The counters of rules in the store.
 *
 * @module
 */
import { textDigest } from "../redaction/digest.ts"
import type { Counter } from "../store/memory.ts"
import { bucketOf, type Window } from "./windows.ts"

/** What a rule counts for one partition, over all of time. */
export interface Count {
  /** `account/gateway`. */
  readonly gateway: string
  readonly name: string
  /** The count that takes what finds no room; nothing where an old one may be forgotten instead. */
  readonly overflow: string | undefined
}

/**
 * A rule's count for one partition.
 *
 * Parts are encoded as JSON, so that no two lists of parts give one name. A name that holds what a caller chose
 * (a model, metadata) is replaced by its SHA-256: keys stay short and tell nothing of callers.
 *
 * The count of a rule that tells nobody apart is never forgotten: there are as few as the settings have rules. Of the
 * others callers may make any number.
 *
 * @param rule what tells the rule from all others; must not come from the caller
 * @param lasts whether the counts of a rule that tells callers apart must not be forgotten either
 */
export const countOf = async (
  gateway: string,
  rule: ReadonlyArray<string | number>,
  partition: ReadonlyArray<string>,
  lasts: boolean,
): Promise<Count> => {
  const name = JSON.stringify([...rule, ...partition])
  if (partition.length === 0) return { gateway, name, overflow: name }
  return { gateway, name: await textDigest(name), overflow: lasts ? JSON.stringify(rule) : undefined }
}

const counterOf = ({ gateway, name, overflow }: Count, bucket: number): Counter => {
  const key = `${name}:${bucket}`
  return overflow === undefined ? { gateway, key } : { gateway, key, overflow: `${overflow}:${bucket}` }
}

/** The counter of the bucket of a time, and of the one before where the window looks back at it. */
export const bucketCounters = (
  count: Count,
  window: Window,
  now: number,
): { readonly current: Counter; readonly previous: Counter | undefined } => {
  const bucket = bucketOf(window, now)
  return {
    current: counterOf(count, bucket),
    previous: window.technique === "sliding" ? counterOf(count, bucket - 1) : undefined,
  }
}
