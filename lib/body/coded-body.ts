/**
 * Request bodies in a content coding: gzip, deflate, br, zstd, as far as the runtime knows them.
 *
 * @module
 */
import * as Result from "effect/Result"
import { bodyTooLarge, type GatewayError, unsupportedMediaType } from "../errors.ts"
import { concatBytes } from "../bytes/concat.ts"
import { glanceAt } from "./body-glance.ts"
import { type BodyView, emptyView } from "./body-view.ts"
import { decodeBody } from "./content-coding.ts"
import { viewLimit } from "./read-body.ts"

/** The largest ratio of decoded to encoded length for a long body: JSON stays below 20, decompression bombs do not. */
const highestRatio = 50

/** Decodes a body piece by piece; returns the error if it cannot be decoded. */
const decodeInto = async (
  bytes: Uint8Array<ArrayBuffer>,
  coding: string,
  limit: number,
  take: (piece: Uint8Array) => void,
): Promise<GatewayError | undefined> => {
  switch (await decodeBody(bytes, coding, limit, take)) {
    case "whole":
      return undefined
    case "too large":
      return bodyTooLarge(limit, "that this one may decode to")
    case "broken":
      return unsupportedMediaType(
        `The body cannot be decoded as its content-encoding "${
          coding.slice(0, 64)
        }". Send it whole, or without a coding.`,
      )
    case "unknown":
      return unsupportedMediaType(
        `The body has the content-encoding "${
          coding.slice(0, 64)
        }", which cannot be read here. Send it as gzip, or ` +
          "without a coding.",
      )
  }
}

/** The decoded bytes of a body. Fails with 413 or 415. */
export const readCoded = async (
  bytes: Uint8Array<ArrayBuffer>,
  coding: string,
  limit: number,
): Promise<Result.Result<Uint8Array<ArrayBuffer>, GatewayError>> => {
  const pieces: Array<Uint8Array> = []
  let size = 0
  const problem = await decodeInto(bytes, coding, limit, (piece) => {
    // Copied: the decoder may reuse this memory.
    pieces.push(piece.slice())
    size += piece.byteLength
  })
  return problem === undefined ? Result.succeed(concatBytes(pieces, size)) : Result.fail(problem)
}

/**
 * Inspects a coded body without keeping it in decoded form.
 *
 * @param limit the largest body, in bytes; decoded it may not be larger either
 * @returns `emptyView` if it is not a JSON object
 */
export const glanceAtCoded = async (
  bytes: Uint8Array<ArrayBuffer>,
  coding: string,
  limit: number,
): Promise<Result.Result<BodyView, GatewayError>> => {
  const glance = glanceAt(false)
  let refused: GatewayError | undefined
  const most = Math.min(limit, Math.max(viewLimit, highestRatio * bytes.byteLength))
  const problem = await decodeInto(bytes, coding, most, (piece) => {
    refused = glance.push(piece)
    if (refused !== undefined) throw refused
  })
  const error = refused ?? problem
  return error === undefined
    ? Result.succeed(glance.isObject() ? glance.view : emptyView)
    : Result.fail(error)
}
