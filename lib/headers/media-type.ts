/**
 * What a `content-type` says (RFC 9110 §8.3.1).
 *
 * @module
 */

const json = /^application\/(?:[\w.+-]+\+)?json\b/i

/** Whether a media type is JSON, by its name or its suffix (RFC 6839 §3.1). */
export const isJson = (type: string): boolean => type === "application/json" || json.test(type.trim())
