/**
 * One call to a judge, through the gateway whose entries it judges.
 *
 * @module
 */
import type { RequestRecord } from "../../record/request-record.ts"
import type { WrittenJudge } from "../../settings-store/evaluation-document.ts"
import { judgeRoute } from "./dataset-entries.ts"
import { type Judged, judgeMessages, verdictSchema } from "./judge-prompt.ts"
import { verdictOf } from "./judge-verdict.ts"
import type { OwnCallsShape } from "./OwnCalls.ts"
import type { HostContext } from "../../exchange.ts"

/** The purpose of a call, under these names in its record's metadata. */
export interface JudgedFor {
  readonly evaluation: string
  readonly run: string
  readonly judge: string
  /** The id of the entry that was judged. */
  readonly entry: string
}

/** The outcome of a call. */
export interface JudgeOutcome {
  /** A number from 0 to 1, or why there is none: a problem of the verdict, `timeout`, or `status` and a number. */
  readonly verdict: number | string
  /** In US dollars; `null` if unknown. */
  readonly cost: number | null
  readonly status: number
  /** How many seconds the gateway or the provider asks to wait; `undefined` if it does not ask. */
  readonly retryAfter: number | undefined
}

/** The environment of calls. */
export interface Calling {
  readonly own: OwnCallsShape
  readonly host: Pick<HostContext, "waitUntil">
  readonly account: string
  readonly gateway: string
  /** Ends the call. */
  readonly signal: AbortSignal
}

/**
 * The longest answer that is read, in bytes, and the most tokens that a judge may generate, including its reasoning.
 */
const longestAnswer = 1_048_576
const mostTokens = 4096

/** How long to wait for a call's record, which has its cost, in milliseconds. */
const longestPublishing = 5_000

const answerText = async (response: Response): Promise<string | undefined> => {
  const reader = response.body?.getReader()
  const decoder = new TextDecoder()
  let text = ""
  for (let size = 0; reader !== undefined;) {
    const { done, value } = await reader.read()
    if (done) break
    size += value.byteLength
    if (size > longestAnswer) {
      await reader.cancel()
      return undefined
    }
    text += decoder.decode(value, { stream: true })
  }
  return text
}

/** The request to a judge; `isPlain` for a model that has refused one with `response_format`. */
const bodyOf = async (judge: WrittenJudge, judged: Judged, isPlain: boolean): Promise<string> =>
  JSON.stringify({
    model: judge.model,
    messages: await judgeMessages(judge, judged),
    max_tokens: mostTokens,
    ...(isPlain ? {} : {
      temperature: 0,
      response_format: {
        type: "json_schema",
        json_schema: { name: "verdict", strict: true, schema: verdictSchema(judge.verdict) },
      },
    }),
  })

/** Calls a judge. Never rejects; resolves once the call's record is published. */
export const callJudge = async (
  { own, host, account, gateway, signal }: Calling,
  judge: WrittenJudge,
  judged: Judged,
  judgedFor: JudgedFor,
  isPlain: boolean,
): Promise<JudgeOutcome> => {
  const abort = new AbortController()
  const end = (): void => abort.abort()
  const timer = setTimeout(end, 1000 * judge.timeout)
  signal.addEventListener("abort", end)
  let verdict: number | string = "no_answer"
  let [isSettled, isPublished] = [() => {}, (_: RequestRecord) => {}]
  const settled = new Promise<void>((resolve) => isSettled = resolve)
  const published = new Promise<RequestRecord>((resolve) => isPublished = resolve)
  const completed = (record: RequestRecord): RequestRecord => {
    const found = typeof verdict === "number" ? { verdict } : { problem: verdict }
    const whole = { ...record, metadata: { ...judgedFor, ...found } }
    isPublished(whole)
    return whole
  }
  let status = 0
  let retryAfter: number | undefined
  try {
    // A loopback name: the gateway's own keys serve its own calls.
    const request = new Request(`http://localhost/v1/${account}/${gateway}/compat/chat/completions`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "user-agent": "basegate-evaluation",
        "cf-aig-collect-log": "true",
        "cf-aig-metadata": JSON.stringify(judgedFor),
      },
      body: await bodyOf(judge, judged, isPlain),
      signal: abort.signal,
    })
    const response = await own.call(request, { route: judgeRoute, settled, completed }, host)
    status = response.status
    retryAfter = secondsOf(response.headers.get("retry-after"))
    const text = await answerText(response)
    verdict = abort.signal.aborted
      ? endedBy(signal)
      : status !== 200
      ? `status ${status}`
      : text === undefined
      ? "unreadable"
      : verdictOf(text, judge.verdict)
  } catch {
    verdict = abort.signal.aborted ? endedBy(signal) : "no_answer"
  } finally {
    clearTimeout(timer)
    signal.removeEventListener("abort", end)
    isSettled()
  }
  const record = await Promise.race([published, pause(longestPublishing)])
  return { verdict, cost: record?.cost ?? null, status, retryAfter }
}

/** Distinguishes the end of the whole run from a timeout of this call. */
const endedBy = (run: AbortSignal): string => run.aborted ? "stopped" : "timeout"

const pause = (milliseconds: number): Promise<undefined> =>
  new Promise((resolve) => setTimeout(() => resolve(undefined), milliseconds))

const secondsOf = (value: string | null): number | undefined =>
  value !== null && /^\d{1,6}$/.test(value) ? Number(value) : undefined
