/**
 * Values that may have to be waited for: an engine in memory has them at once, one across a network later.
 *
 * A promise costs a turn of the event loop's queue and an object even where nothing waits, so that services answer with
 * the value itself if they have it.
 *
 * @module
 */

/** A value, or the promise of one. A rejection is a defect. */
export type Awaitable<A> = A | Promise<A>

/** Goes on with a value as soon as it is there: at once if it is. */
export const whenReady = <A, B>(value: Awaitable<A>, use: (value: A) => Awaitable<B>): Awaitable<B> =>
  value instanceof Promise ? value.then(use) : use(value)

/** All of them, in their order. */
export const allReady = <A>(values: ReadonlyArray<Awaitable<A>>): Awaitable<ReadonlyArray<A>> =>
  values.some((value) => value instanceof Promise) ? Promise.all(values) : values as ReadonlyArray<A>
