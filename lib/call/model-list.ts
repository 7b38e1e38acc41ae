/**
 * Baseten's list of models in Cloudflare's form.
 *
 * @module
 */
import type { HeaderFields } from "../headers/header-fields.ts"
import { strictJson } from "../json/exact-json.ts"
import { parseBytes } from "../json/members.ts"
import { compatModels } from "../route/compat-models.ts"

/** The list in Cloudflare's form; an answer in an unknown form is passed on unchanged. */
export const inCompatForm = (
  bytes: Uint8Array<ArrayBuffer>,
  headers: HeaderFields,
): Uint8Array<ArrayBuffer> => {
  const list = compatModels(parseBytes(bytes))
  if (list === undefined) return bytes
  headers.set("content-type", "application/json")
  headers.delete("content-length")
  headers.delete("etag")
  return new TextEncoder().encode(strictJson(list))
}
