/**
 * Answers that have no body.
 *
 * @module
 */

/** Statuses whose responses have none (RFC 9110 §6.4.1, Fetch's null body status). */
export const bodilessStatuses: ReadonlySet<number> = new Set([204, 205, 304])

/** Whether the answer to such a request has no body, whatever its headers say (RFC 9112 §6.3). */
export const isBodiless = (method: string, status: number): boolean =>
  method === "HEAD" || bodilessStatuses.has(status)
