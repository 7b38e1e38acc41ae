/**
 * The request bodies of a gateway.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { HeaderReader } from "../headers/header-reader.ts"
import { startRuntimeTimer, type StartTimer, Timer } from "../time/Timer.ts"
import { type AllHeld, nothingHeld } from "./held-bytes.ts"
import { Upload, type UploadBounds } from "./upload.ts"

const mebibyte = 1_048_576

/** What fits into a process beside its cache and its log. */
const processBounds: UploadBounds = { arriving: 128 * mebibyte, held: 512 * mebibyte }

/**
 * Opens a request's body; all bodies that it opens share one bound.
 *
 * @param idle how long the client may be silent, in milliseconds
 * @param headers the request's, if they have been read into something cheaper
 */
export type OpenUpload = (request: Request, idle: number, headers?: HeaderReader) => Upload

/** Opens the bodies of requests, and bounds what they hold together. */
export class Uploads extends Context.Service<Uploads, { readonly open: OpenUpload }>()(
  "basegate/body/Uploads",
) {
  /** Bounded to suit one process, unless bounds are given. */
  static readonly layer = (bounds: UploadBounds = processBounds): Layer.Layer<Uploads> =>
    Layer.effect(Uploads, Effect.map(Timer, (startTimer) => ({ open: makeUploads(bounds, startTimer) })))
}

/** Opens uploads within bounds. */
export const makeUploads = (
  bounds: UploadBounds,
  startTimer: StartTimer = startRuntimeTimer,
  all: AllHeld = nothingHeld(),
): OpenUpload => {
  const context = { bounds, startTimer, all }
  return (request, idle, headers = request.headers) => new Upload(request, idle, headers, context)
}
