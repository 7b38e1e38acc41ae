/**
 * Requests the usage of a streamed chat completion if the client did not: without `stream_options.include_usage` neither
 * Baseten nor other servers report it, though Baseten's API description gives it a default of true.
 *
 * @module
 */
import { splice } from "../json/edits.ts"
import { type JsonRange, membersNamed, parseBytes } from "../json/members.ts"

/** A change to the bytes: `text` in place of a range, which may be empty. */
interface Edit extends JsonRange {
  readonly text: string
}

/**
 * The edit that sets a member: `change` makes the new value from the bytes of the present one, or a new member is added
 * at the end of the object. `undefined` if the bytes are not one object, or have the key twice: readers disagree on which
 * of them counts.
 */
const memberEdit = (
  bytes: Uint8Array,
  key: string,
  value: string,
  change: (member: JsonRange) => Edit | undefined,
): Edit | undefined => {
  const members = membersNamed(bytes, [key])
  if (members === undefined) return undefined
  const { named, end } = members
  const member = named.get(key)
  if (member !== undefined) return member.times > 1 ? undefined : change(member.first)
  const at = end ?? bytes.indexOf(0x7b) + 1
  return { start: at, end: at, text: `${end === undefined ? "" : ","}"${key}":${value}` }
}

/**
 * The body of a chat request with `"stream": true`, changed to request the usage and otherwise the same. `undefined` if
 * the body has to stay as it is: the client requested the usage itself, or the body is not for the gateway to judge (not
 * an object, a key twice, a value of another type than the server expects).
 */
export const requestUsage = (bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> | undefined => {
  const asks = '{"include_usage":true}'
  const edit = memberEdit(bytes, "stream_options", asks, ({ start, end }) => {
    const options = bytes.subarray(start, end)
    if (parseBytes(options) === null) return { start, end, text: asks }
    const inner = memberEdit(options, "include_usage", "true", (included) => {
      const value = parseBytes(options.subarray(included.start, included.end))
      return value === false || value === null ? { ...included, text: "true" } : undefined
    })
    return inner && { start: start + inner.start, end: start + inner.end, text: inner.text }
  })
  if (edit === undefined) return undefined
  return splice(bytes, edit, new TextEncoder().encode(edit.text))
}
