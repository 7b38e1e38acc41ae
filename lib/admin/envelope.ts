/**
 * Answers of the management API in Cloudflare's form.
 *
 * @module
 */

import { strictJson } from "../json/exact-json.ts"

/** Caches must not keep what the admin sees. */
export const adminHeaders = { "cache-control": "no-store" } as const

/** A successful answer, with its `result_info`. */
export const envelope = (result: unknown, info?: object): Response =>
  // Not Response.json: what callers wrote may contain lone surrogates, which strict readers refuse.
  new Response(
    strictJson({ success: true, errors: [], messages: [], result, ...(info && { result_info: info }) }),
    { headers: { ...adminHeaders, "content-type": "application/json" } },
  )
