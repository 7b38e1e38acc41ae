/**
 * Runs scripts in a Redis.
 *
 * @module
 */
import { textSha1 } from "../../redaction/digest.ts"
import { RedisError, type RedisLink, type Reply } from "./redis-link.ts"

/** Runs a script by its digest, and sends its text if the server does not know it. */
export const runner = (link: RedisLink, script: string) => {
  let digest: string | undefined
  return async (keys: ReadonlyArray<string>, rest: ReadonlyArray<string>): Promise<Reply> => {
    const [first = ""] = keys
    const given = [String(keys.length), ...keys, ...rest]
    // A value, not a promise: on Workers no request may wait for another's work.
    const sha = digest ??= await textSha1(script)
    try {
      return await link.send(["EVALSHA", sha, ...given], first)
    } catch (cause) {
      if (!(cause instanceof RedisError) || !cause.message.startsWith("NOSCRIPT")) throw cause
      return await link.send(["EVAL", script, ...given], first)
    }
  }
}
