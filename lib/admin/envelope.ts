/**
 * Answers of the management API in Cloudflare's form.
 *
 * @module
 */

import { strictJson } from "../json/exact-json.ts"

/** What the admin sees is nobody else's to keep. */
export const adminHeaders = { "cache-control": "no-store" } as const

/** An answer, and what is said of it beside. */
export const envelope = (result: unknown, info?: object): Response =>
  // Not Response.json: what callers wrote may hold halves of characters, which strict readers refuse.
  new Response(
    strictJson({ success: true, errors: [], messages: [], result, ...(info && { result_info: info }) }),
    { headers: { ...adminHeaders, "content-type": "application/json" } },
  )
