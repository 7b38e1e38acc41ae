/**
 * Which headers belong to an answer, and which to the one call that brought it.
 *
 * Unknown headers are kept: a model's own (a sample rate, a seed) say how to read its answer. Headers about one call are
 * recognised by words in their names, since every server has names of its own for them.
 *
 * @module
 */
import { HeaderFields } from "../headers/header-fields.ts"

/**
 * - `set-cookie` is for one client; `access-control-*` and `cf-*` are what a gateway or an edge says to one client.
 * - Ids and trace contexts lead to the log of another call. What served the answer has an id too
 *   (`x-baseten-model-id`), and keeps it.
 * - The state of limits and credits would make another client's SDK wait; how long a call took or waited, and how often
 *   it was tried, was true once.
 * - Identities: organisations, projects, tokens, challenges.
 * - `age` and `content-length` are made anew; what lay between the provider and here (`via`, `x-cache`) was one
 *   connection's.
 *
 * `date` stays: it says when the answer was made, and RFC 9111 §4.2.3 counts `age` from there.
 */
const ofOneCall: ReadonlyArray<RegExp> = [
  /^set-cookie2?$|^(?:access-control|cf)-/,
  /(?:^|-)(?:request|session|trace|span|correlation|transaction|invocation)id$/,
  /(?<!(?:^|-)(?:model|version|deployment|environment|chain|chainlet|engine|voice))-(?:id|uuid|guid)$/,
  /^trace(?:parent|state|response)$|(?:^|-)(?:trace|b3|baggage|datadog)(?:-|$)/,
  /(?:^|-)(?:rate-?limit|quota|remaining|reset|credits?|balance|cost|spend|retry|attempts?)(?:-|$)/,
  /(?:^|-)(?:timing|latency|runtime|timer|processing)(?:-|$)|-(?:time|at)$/,
  /(?:^|-)(?:organi[sz]ation|org|project|workspace|tenant|account|customer|user|token|csrf|nonce|authenticate)(?:-|$)/,
  /^(?:age|content-length|via|nel|report-to|reporting-endpoints|x-cache|x-cache-hits|x-served-by)$/,
]

/** Whether a header belongs to the answer, and so to every client that gets it. */
const isOfAnswer = (name: string): boolean => !ofOneCall.some((pattern) => pattern.test(name))

/** The end-to-end headers of an answer that are stored with it. */
export const keptHeaders = (
  headers: Iterable<readonly [string, string]>,
): ReadonlyArray<readonly [name: string, value: string]> => [...headers].filter(([name]) => isOfAnswer(name))

/** What tells the clients that share a failure how to go on. */
const advice: ReadonlySet<string> = new Set(["retry-after", "retry-after-ms", "x-should-retry"])

/** The headers for another client that waited for the same answer, with the length of the same body. */
export const sharedHeaders = (headers: Iterable<readonly [string, string]>): HeaderFields => {
  const shared = new HeaderFields()
  for (const [name, value] of headers) {
    if (name === "content-length" || advice.has(name) || isOfAnswer(name)) shared.append(name, value)
  }
  return shared
}
