/**
 * What a fall-back to another Baseten model must change in the request: `reasoning_effort`.
 *
 * Baseten's models accept different values of it, and some answer 400 to the others, so that a request which was
 * valid for one model fails at the next.
 *
 * @module
 */
import { removeMember, replaceValue } from "../json/edits.ts"
import { membersNamed, parseBytes } from "../json/members.ts"

/** Every value that some model accepts, from no thinking to the most. */
const efforts = ["none", "minimal", "low", "medium", "high", "xhigh", "max"]

/**
 * The values that models accept, by family: Baseten's documentation as of 2026-10-03. An empty list is a model that
 * does not read `reasoning_effort`. Slugs are case-sensitive. Models that are not here, and GLM 5.3 and GLM 5.3
 * Flash, which refuse none, get what was sent.
 */
const accepted: ReadonlyArray<readonly [slugs: RegExp, values: ReadonlyArray<string>]> = [
  [/^deepseek-ai\/DeepSeek-V4-Pro(-\d{4})?$/, ["none", "low", "high", "max"]],
  [/^deepseek-ai\/DeepSeek-V4\.1-Flash(-\d{4})?(-Fast)?$/, ["none", "low", "high", "max"]],
  [/^deepseek-ai\/DeepSeek-V4-Flash-0731$/, efforts],
  [/^openai\/gpt-oss-120b$/, efforts],
  [/^moonshotai\/Kimi-K3$/, ["none", "low", "high", "max"]],
  [/^zai-org\/GLM-5\.2(-Fast)?$/, ["none", "high", "max"]],
  [/^zai-org\/GLM-5\.3-Fast$/, efforts.filter((effort) => effort !== "none")],
  [/^nvidia\/NVIDIA-Nemotron-3-Ultra-/, []],
  [/^moonshotai\/Kimi-K2(\.\d+)?(-|$)/, []],
  [/^zai-org\/GLM-(4\.7|5|5\.1)$/, []],
]

/**
 * The accepted value nearest to the requested one; the greater of two equally near, since an answer of less thought is
 * harder to notice than a longer one. `undefined` if the model accepts none, or the value is not a known effort.
 */
const nearest = (effort: string, values: ReadonlyArray<string>): string | undefined => {
  const wanted = efforts.indexOf(effort)
  if (wanted === -1) return undefined
  const distance = (value: string) => Math.abs(efforts.indexOf(value) - wanted)
  return values.toReversed().toSorted((a, b) => distance(a) - distance(b))[0]
}

/**
 * Adapts a body that was meant for one model to another of Baseten's.
 *
 * Only a `reasoning_effort` that the target would refuse or ignore is replaced by the nearest one it accepts, or
 * left out; every other byte is unchanged. A body that has the key twice is left alone: readers disagree on which of
 * them counts.
 *
 * @param fromModel the model that the body was meant for
 * @param toModel Baseten's slug of the model that gets it; nothing is changed for an unknown one
 * @returns the bytes to send, and a description of the changes for the record
 */
export const adaptParameters = (
  bytes: Uint8Array<ArrayBuffer>,
  fromModel: string | undefined,
  toModel: string,
): { readonly bytes: Uint8Array<ArrayBuffer>; readonly changes: ReadonlyArray<string> } => {
  const unchanged = { bytes, changes: [] }
  const values = accepted.find(([slugs]) => slugs.test(toModel))?.[1]
  if (values === undefined || fromModel === toModel) return unchanged
  const named = membersNamed(bytes, ["reasoning_effort"])?.named.get("reasoning_effort")
  if (named === undefined || named.times > 1) return unchanged
  const member = named.first
  const effort = parseBytes(bytes.subarray(member.start, member.end))
  if (typeof effort !== "string" || values.includes(effort)) return unchanged
  const mapped = nearest(effort, values)
  return mapped === undefined
    ? {
      bytes: removeMember(bytes, member),
      changes: [`reasoning_effort left out for ${toModel}`],
    }
    : {
      bytes: replaceValue(bytes, member, mapped),
      changes: [`reasoning_effort ${effort} became ${mapped} for ${toModel}`],
    }
}
