/**
 * Answers of the management API in Cloudflare's form.
 *
 * @module
 */

/** What the admin sees is nobody else's to keep. */
export const adminHeaders = { "cache-control": "no-store" } as const

/** An answer, and what is said of it beside. */
export const envelope = (result: unknown, info?: object): Response =>
  Response.json(
    { success: true, errors: [], messages: [], result, ...(info && { result_info: info }) },
    { headers: adminHeaders },
  )
