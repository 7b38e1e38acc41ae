/**
 * What one provider call found out. Owned by that call alone: no other call writes to it, and the record is assembled from it
 * once the request has ended.
 *
 * @module
 */
import type { AttemptRecord, Ending, RequestRecord, UsageSource } from "./request-record.ts"

/** The facts of a call before it is made. */
export interface CallFacts {
  /** The step of a universal request that the call belongs to, counted from 0. */
  readonly step: number
  readonly provider: string
  readonly deployment: string | null
  readonly model: string | null
  /** Whether a stream was requested. */
  readonly stream: boolean
  readonly metadata: RequestRecord["metadata"]
  /** Whether the request log gets an entry. */
  readonly shouldLog: boolean
  /** What was changed in the request to suit the model. */
  readonly adaptations: ReadonlyArray<string>
}

/** The report of a call. Times are in milliseconds since the request arrived. */
export class CallReport {
  readonly step: number
  readonly provider: string
  readonly deployment: string | null
  readonly metadata: RequestRecord["metadata"]
  readonly shouldLog: boolean
  readonly adaptations: ReadonlyArray<string>
  model: string | null
  stream: boolean
  key: RequestRecord["key"] = "none"
  keyAlias: string | null = null
  attempts: Array<AttemptRecord> = []
  /** How the call ended if its answer is not relayed. */
  ending: Ending = "complete"
  cached = false
  status: number | null = null
  contentType: string | null = null
  basetenRequestId: string | null = null
  /** The error that an answer of a success status reported. */
  error: string | null = null
  headersAt: number | null = null
  firstByteAt: number | null = null
  firstTokenAt: number | null = null
  responseBytes = 0
  tokensIn: number | null = null
  tokensOut: number | null = null
  tokensCached: number | null = null
  tokensReasoning: number | null = null
  usageSource: UsageSource | null = null
  /** In US dollars. */
  cost: number | null = null
  customCost = false
  dlp: RequestRecord["dlp"] = null
  guardrails: RequestRecord["guardrails"] = null
  guardrailsScanner: RequestRecord["guardrails_scanner"] = null
  /** How many messages of a WebSocket have passed, from the client and to it; `null` if it was none. */
  frames: { readonly in: number; readonly out: number } | null = null

  constructor(facts: CallFacts) {
    this.step = facts.step
    this.provider = facts.provider
    this.deployment = facts.deployment
    this.metadata = facts.metadata
    this.shouldLog = facts.shouldLog
    this.adaptations = facts.adaptations
    this.model = facts.model
    this.stream = facts.stream
  }
}
