/**
 * The request bodies of a gateway.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"
import { makeUploads, type OpenUpload, type UploadBounds } from "./upload.ts"

const mebibyte = 1_048_576

/** What a process has room for, beside its cache and its log. */
const processBounds: UploadBounds = { arriving: 128 * mebibyte, held: 512 * mebibyte }

/** Opens the bodies of requests, and bounds what they hold together. */
export class Uploads extends Context.Service<Uploads, { readonly open: OpenUpload }>()(
  "basegate/body/Uploads",
) {
  /** Within the bounds of a process unless told otherwise. */
  static readonly layer = (bounds: UploadBounds = processBounds): Layer.Layer<Uploads> =>
    Layer.sync(Uploads, () => ({ open: makeUploads(bounds) }))
}
