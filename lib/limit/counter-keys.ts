/**
 * The keys under which the store counts.
 *
 * @module
 */
import { textDigest } from "../digest.ts"
import { bucketOf, type Window } from "./windows.ts"

/**
 * The name of a rule's count for one partition.
 *
 * Parts are encoded as JSON, so that no two lists of parts give one name. A name that holds what a caller chose
 * (a model, metadata) is replaced by its SHA-256: keys stay short and tell nothing of callers.
 *
 * @param rule what tells the rule from all others; must not come from the caller
 */
export const countName = async (
  rule: ReadonlyArray<string | number>,
  partition: ReadonlyArray<string>,
): Promise<string> => {
  const name = JSON.stringify([...rule, ...partition])
  return partition.length === 0 ? name : await textDigest(name)
}

/** The key of a count in the bucket of a time, and in the one before where the window looks back at it. */
export const bucketKeys = (
  name: string,
  window: Window,
  now: number,
): { readonly current: string; readonly previous: string | undefined } => {
  const bucket = bucketOf(window, now)
  return {
    current: `${name}:${bucket}`,
    previous: window.technique === "sliding" ? `${name}:${bucket - 1}` : undefined,
  }
}
