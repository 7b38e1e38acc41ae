/**
 * The answer of Cloudflare's `/ai/run`: the provider's, within `{state, result, provider, model}`.
 *
 * @module
 */
import { strictJson } from "../json/exact-json.ts"
import { parseBytes } from "../json/members.ts"
import { jsonProblem } from "../json/whole-json.ts"
import { describeRewritten, type WholeRewrite } from "./whole-rewrite.ts"
import type { Call } from "./call.ts"

const encoder = new TextEncoder()

/** The message of a provider's error, whatever its form. */
const messageOf = (value: unknown): string | undefined => {
  if (typeof value === "string") return value
  if (typeof value !== "object" || value === null) return undefined
  const { error, message } = value as { readonly error?: unknown; readonly message?: unknown }
  return messageOf(error) ?? messageOf(message)
}

/** `Completed` with the provider's unchanged bytes, or `Failed` with its status as the code and its message. */
const runAnswer = (
  status: number,
  { provider, model }: Call["report"],
  bytes: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> => {
  if (status < 400 && jsonProblem(bytes) === undefined) {
    const before = encoder.encode('{"state":"Completed","result":')
    const after = encoder.encode(`,${strictJson({ provider, model }).slice(1)}`)
    const whole = new Uint8Array(before.length + bytes.length + after.length)
    whole.set(before)
    whole.set(bytes, before.length)
    whole.set(after, before.length + bytes.length)
    return whole
  }
  const message = messageOf(parseBytes(bytes)) ??
    "The provider's answer is not JSON. Try again, or look at its log entry."
  return encoder.encode(strictJson({ state: "Failed", error: { code: status, message }, model }))
}

/** How an answer to `/ai/run` has to be changed; `undefined` for other calls. */
export const runForm = ({ target: { route }, report }: Call, status: number): WholeRewrite | undefined =>
  route.runs
    ? {
      isRequired: true,
      rewrite: (bytes, headers) => {
        describeRewritten(headers)
        return runAnswer(status, report, bytes)
      },
    }
    : undefined
