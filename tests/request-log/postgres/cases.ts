/** The cases of the Postgres log, by what they show. */
import { agreement } from "../conformance/agreement.ts"
import { filtering } from "../conformance/filtering.ts"
import { many } from "../conformance/many.ts"
import { pairs } from "../conformance/pairs.ts"
import { bounded, dropped, hours, removed } from "./cases/circles.ts"
import { interval, limits, merging, news, persistence, retention, room, statistics } from "./cases/keeping.ts"
import { contested, kept } from "./cases/kept.ts"
import { months } from "./cases/months.ts"
import { plans } from "./cases/plans.ts"
import { starts } from "./cases/starts.ts"
import { withoutTrigrams } from "./cases/trigrams.ts"
import { upgrade } from "./cases/upgrade.ts"
import { outage, overflow } from "./cases/outages.ts"
import type { Case } from "../../support/sqlite-cases.ts"
import { useEmptyLog } from "./runtime.ts"

/** Properties are looked for on Node, and looked at again elsewhere. */
const runs = "Bun" in globalThis || "Deno" in globalThis ? 10 : 50

export const cases: Readonly<Record<string, Case>> = {
  "it gives the same answers as the log in memory": agreement(useEmptyLog, runs),
  "it gives the same answers where a log has many entries": many(useEmptyLog, 3000),
  "it gives the same answers where these are of several days": many(useEmptyLog, 3000, 13 * 3_600_000),
  "each filter and each search finds what it finds in memory": filtering(useEmptyLog, Math.ceil(runs / 4)),
  "a pair is found whatever it is made of, and only that": pairs(useEmptyLog),
  "entries, bodies and verdicts outlive the process, and leave nothing behind when deleted": persistence,
  "entries are written after 150 ms, and seen before": interval,
  "each gateway keeps as many entries as it is allowed": limits,
  "a full log has room again for what is newer": room,
  "what is too old is not shown, and leaves by days": retention,
  "a day that fills is known to the server": statistics,
  "it gives the same answers where a log has more days than a statement looks at": months,
  "a page in the order of time is read from an index": plans,
  "news are what was written after a place": news,
  "hours that are merged say what they said before": merging,
  "hours in other divisions are kept as long as nothing of them changes": kept,
  "hours that are written to while others ask for them are never kept as they were before": contested,
  "gateways that change the same hours at once do not wait in a circle": hours,
  "gateways that fill the same logs at once do not wait in a circle": bounded,
  "gateways that take out the same entries at once do not wait in a circle": removed,
  "who reads a day that is dropped gets its answer": dropped,
  "gateways that start at once on an empty database all find it made": starts,
  "a database without trigrams is searched all the same, and says so once": withoutTrigrams,
  "a database of the version before is brought up to date while it is used": upgrade,
  "while the database cannot be used nothing is lost, and nothing is written twice": outage,
  "what waits to be written is bounded": overflow,
}
