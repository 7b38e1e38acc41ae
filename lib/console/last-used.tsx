/**
 * When a key was last used.
 *
 * @module
 */
import { dayText, type KeyUse, unusedDays } from "./key-use.ts"
import { unknown } from "./format.ts"

/** Whether the log covers the whole time after which a key counts as unused. */
const isWhole = (begins: string | undefined): boolean =>
  begins !== undefined && Date.now() - Date.parse(begins) >= unusedDays * 86_400_000

/** The day of a key's last use, or that there was none. */
export const LastUsed = ({ use, begins }: {
  readonly use: KeyUse | undefined
  /** When the log begins. */
  readonly begins: string | undefined
}) => {
  if (use === undefined) return <>{unknown}</>
  return use.lastDay === undefined
    ? (
      <span class="badge left">
        {isWhole(begins) ? `no call in ${unusedDays} days` : "no call in the log"}
      </span>
    )
    : <time dateTime={use.lastDay}>{dayText(use.lastDay)}</time>
}

/** A note on how far back the log reaches. */
export const LogReach = ({ begins }: { readonly begins: string | undefined }) => (
  <p class="note">
    Use is read from the log, which {begins === undefined
      ? "has no entry yet"
      : !isWhole(begins)
      ? `begins ${dayText(begins)}: nothing is known of the time before`
      : `reaches back ${unusedDays} days and more`}
    . Calls that are not logged do not count.
  </p>
)
