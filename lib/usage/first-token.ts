/**
 * When a stream brings the first of what the model wrote, which is not its first byte: servers open with an event
 * that only names the role, or the response.
 *
 * @module
 */
import type { Framing } from "../sse/framing.ts"

/** A text that is not empty, or a tool call, in each framing's members. */
const marks: Record<Framing, RegExp> = {
  chat: /"(?:content|reasoning_content|reasoning|tool_calls)": ?(?:"[^"]|\[ ?\{)/,
  completions: /"text": ?"[^"]/,
  messages: /"(?:text|thinking|partial_json)": ?"[^"]|"type": ?"(?:server_)?tool_use"/,
  responses: /"delta": ?"[^"]|"type": ?"function_call"/,
}

const decoder = new TextDecoder()

/**
 * Whether a chunk holds text, thoughts or a tool call. Meant to be called until it is so, a few times a stream: it
 * makes a string of the chunk. If a chunk ends between a key and its value the next text counts, which is mostly one chunk
 * late.
 */
export const holdsToken = (chunk: Uint8Array, framing: Framing): boolean =>
  marks[framing].test(decoder.decode(chunk))
