/**
 * Where a defect comes from, for the operator's log.
 *
 * @module
 */

/** The name and the frames of what was thrown, without its message, which might quote a header. */
export const stackFrames = (thrown: unknown): string => {
  if (!(thrown instanceof Error)) return typeof thrown
  const stack = (thrown.stack ?? "").replace(thrown.message, "")
  const frames = stack.split("\n").filter((line) => /^\s+at\s/.test(line)).slice(0, 8)
  return [thrown.name, ...frames.map((frame) => frame.trim())].join(" | ")
}

/** Logs that a request hit a defect, and where. */
export const reportDefect = (requestId: string, defect: unknown): void =>
  console.error(
    JSON.stringify({ level: "error", msg: "internal", request_id: requestId, at: stackFrames(defect) }),
  )
