/**
 * Headers as most of the code reads them.
 *
 * @module
 */

/** Reads a field by its name, as `Headers` does; `null` if there is no such field. */
export type HeaderReader = Pick<Headers, "get">
