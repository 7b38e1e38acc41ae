/**
 * Reads a body that its label says is no text: held if it begins as JSON, which servers read whatever its label says, and
 * streamed up otherwise.
 *
 * @module
 */
import * as Result from "effect/Result"
import { concatBytes } from "../bytes/concat.ts"
import { bodyTooLarge, type GatewayError } from "../errors.ts"
import { beginsJson, isBlank } from "../json/begins-json.ts"
import { drain, streamUp } from "./stream-up.ts"
import { declaredLength, type RequestBody } from "./read-body.ts"
import type { Upload } from "./upload.ts"

/**
 * Fails with `body_too_large`, `client_left`, `upload_timeout` or `overloaded`.
 *
 * @param limit bytes; a longer body is refused
 */
export const peekedBody = async (
  upload: Upload,
  limit: number,
): Promise<Result.Result<RequestBody, GatewayError>> => {
  const length = declaredLength(upload.headers)
  if (length === 0 || !upload.hasBody) return Result.succeed({ kind: "none" })
  if (length !== undefined && length > limit) return Result.fail(bodyTooLarge(limit))
  const reader = upload.reader()
  const read: Array<Uint8Array<ArrayBuffer>> = []
  let isJson: boolean | undefined
  for (let size = 0; size <= limit;) {
    const part = await reader.read()
    if (Result.isFailure(part)) return Result.fail(part.failure)
    const chunk = part.success
    if (chunk === undefined) {
      upload.arrived()
      return Result.succeed(size === 0 ? { kind: "none" } : { kind: "bytes", bytes: concatBytes(read, size) })
    }
    const refused = upload.take(chunk.byteLength)
    if (refused !== undefined) return Result.fail(refused)
    read.push(chunk)
    size += chunk.byteLength
    isJson ??= isBlank(chunk) ? undefined : beginsJson(chunk)
    if (isJson === false) {
      upload.arrived()
      return Result.succeed(streamUp({ upload, open: () => reader, read, looked: 0, limit, length }))
    }
  }
  await drain(reader)
  return Result.fail(bodyTooLarge(limit))
}
