/**
 * Values that may be promises: an engine in memory has them at once, one across a network later.
 *
 * A promise costs a microtask and an object even if nothing waits, so services return the value itself if they have it.
 *
 * @module
 */

/** A value, or the promise of one. A rejection is a defect. */
export type Awaitable<A> = A | Promise<A>

/** Continues with a value as soon as it is available, at once if it already is. */
export const whenReady = <A, B>(value: Awaitable<A>, use: (value: A) => Awaitable<B>): Awaitable<B> =>
  value instanceof Promise ? value.then(use) : use(value)

/** All of them, in their order. */
export const allReady = <A>(values: ReadonlyArray<Awaitable<A>>): Awaitable<ReadonlyArray<A>> =>
  values.some((value) => value instanceof Promise) ? Promise.all(values) : values as ReadonlyArray<A>
