/**
 * Retries while a store is busy.
 *
 * @module
 */
import * as Result from "effect/Result"

/** How long to retry by default, in milliseconds. */
const usualPatience = 2000
const pause = 15

/** Whether an answer says that it is worth trying again at once. */
export const isBusy = (answer: Result.Result<unknown, unknown>): boolean =>
  Result.isFailure(answer) &&
  ["busy", "conflict"].includes(String((answer.failure as { readonly reason?: unknown }).reason))

/** Runs something again while its answer says that the store is busy. */
export const retryWhileBusy = async <A extends Result.Result<unknown, unknown>>(
  run: () => A | Promise<A>,
  patience = usualPatience,
): Promise<A> => {
  const until = performance.now() + patience
  for (;;) {
    const answering = run()
    const answer = answering instanceof Promise ? await answering : answering
    if (!isBusy(answer) || performance.now() > until) return answer
    await new Promise((resolve) => setTimeout(resolve, pause))
  }
}
