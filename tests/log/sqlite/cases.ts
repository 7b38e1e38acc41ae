/** The cases of the SQLite log, by what they show. */
import { agreement } from "./cases/agreement.ts"
import { filtering } from "./cases/filtering.ts"
import { pairs } from "./cases/pairs.ts"
import type { Case } from "./runtime.ts"

export const cases: Readonly<Record<string, Case>> = {
  "it gives the same answers as the log in memory": agreement,
  "each filter and each search finds what it finds in memory": filtering,
  "a pair is found whatever it is made of, and only that": pairs,
}
