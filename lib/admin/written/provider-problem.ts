/**
 * Checks a written custom provider, even if no gateway has it yet.
 *
 * @module
 */
import * as Result from "effect/Result"
import { CustomProviders } from "../../config/custom-providers.ts"
import { decodeStrictly } from "../../schema/decode-strictly.ts"

const decode = decodeStrictly(CustomProviders)

/** A sentence that begins with a member's name; `undefined` if the provider is valid. */
export const providerProblem = (slug: string, settings: object): string | undefined => {
  const decoded = decode({ [slug]: settings })
  if (Result.isSuccess(decoded)) return undefined
  const [problem] = decoded.failure
  const [, ...place] = problem?.path ?? []
  return `${place.length === 0 ? "slug" : place.join(".")}: ${problem?.expected ?? "unknown member"}`
}
