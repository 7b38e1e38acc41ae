/** The cases of the SQLite log, by what they show. */
import { agreement } from "../conformance/agreement.ts"
import { broken, foreign, full, late, locked, overflow, poison, raced, unopened } from "./cases/failures.ts"
import { filtering } from "../conformance/filtering.ts"
import { kept } from "./cases/kept.ts"
import { interval, limits, lowered, news, persistence, retention } from "./cases/limits.ts"
import { many } from "../conformance/many.ts"
import { pairs } from "../conformance/pairs.ts"
import { noThread, threads } from "./cases/thread.ts"
import { upgrade } from "./cases/upgrade.ts"
import { useEmptyLog } from "./runtime.ts"
import type { Case } from "../../support/sqlite-cases.ts"

export const cases: Readonly<Record<string, Case>> = {
  "it gives the same answers as the log in memory": agreement(useEmptyLog),
  "it gives the same answers where a log has many slices": many(useEmptyLog),
  "hours that are over are kept in other divisions until something of them changes": kept,
  "each filter and each search finds what it finds in memory": filtering(useEmptyLog),
  "a pair is found whatever it is made of, and only that": pairs(useEmptyLog),
  "entries, bodies and verdicts outlive the process, and leave nothing behind when deleted": persistence,
  "entries are written after 200 ms, and seen before": interval,
  "each gateway keeps as many entries as it is allowed": limits,
  "a lower limit is reached in steps": lowered,
  "what is too old is not shown, and leaves": retention,
  "news are what was written after a place": news,
  "a file that cannot be opened leaves the log in memory": unopened,
  "a file that is not the log's own is left as it is": foreign,
  "a locked file is waited for, warned about, and written again": locked,
  "a file of an earlier version learns what it does not know of its entries": upgrade,
  "a file that another process makes at the same time is used": raced,
  "a file that failed is given a last chance at the end": late,
  "a full disk keeps entries in memory until there is room": full,
  "a thread beside reads what looks at many entries, and gives the same answers": threads,
  "where the thread cannot read, the log itself does": noThread,
  "a broken file does not fail a question": broken,
  "what waits to be written is bounded": overflow,
  "an entry that cannot be kept does not keep others out": poison,
}
