/**
 * Warnings to the operator about stores.
 *
 * @module
 */

/** Warns on standard error, as one line of JSON. */
export const warn = (msg: string, about: Readonly<Record<string, string | number>> = {}): void =>
  console.error(JSON.stringify({ level: "warn", msg, ...about }))
