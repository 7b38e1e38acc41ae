/** Remembers what reached the simulator and how each exchange ended. */
import type { IncomingHttpHeaders, IncomingMessage } from "node:http"

type Outcome = "open" | "completed" | "client_closed" | "cut_by_fault"

/** Times are epoch milliseconds; a null one has not come. The hash is null until the whole body was read. */
export type RequestRecord = {
  id: number
  case: string | null
  method: string
  path: string
  query: string
  headers: IncomingHttpHeaders
  raw_headers: [name: string, value: string][]
  body_bytes: number
  body_sha256: string | null
  body_text: string | null
  started_at: number
  headers_sent_at: number | null
  ended_at: number | null
  status: number | null
  outcome: Outcome
  bytes_sent: number
  /** What came over a WebSocket; null if it is none. */
  socket: {
    messages: number
    bytes: number
    texts: string[]
    closing: { code: number; reason: string } | null
    pongs: number
  } | null
}

export type Recorder = {
  begin(request: IncomingMessage): RequestRecord
  end(record: RequestRecord, outcome: Exclude<Outcome, "open">): void
  list(caseId?: string): RequestRecord[]
  open(): number
  clear(caseId?: string): void
}

const recordsKept = 5000

export function createRecorder(): Recorder {
  const records = new Map<number, RequestRecord>()
  /** Of each case: a test asks for them again and again. */
  const byCase = new Map<string | null, Map<number, RequestRecord>>()
  let lastId = 0
  let openCount = 0

  function begin(request: IncomingMessage): RequestRecord {
    const record = describe(request, ++lastId)
    openCount += 1
    records.set(record.id, record)
    const ofCase = byCase.get(record.case) ?? new Map<number, RequestRecord>()
    byCase.set(record.case, ofCase.set(record.id, record))
    const [oldest] = records.values()
    if (oldest !== undefined && records.size > recordsKept) forget(oldest)
    return record
  }

  function end(record: RequestRecord, outcome: Exclude<Outcome, "open">) {
    if (record.outcome !== "open") return
    openCount -= 1
    record.outcome = outcome
    record.ended_at = Date.now()
  }

  function forget(record: RequestRecord) {
    records.delete(record.id)
    const ofCase = byCase.get(record.case)
    ofCase?.delete(record.id)
    if (ofCase?.size === 0) byCase.delete(record.case)
  }

  const of = (caseId?: string) => [...(caseId === undefined ? records : byCase.get(caseId))?.values() ?? []]

  return {
    begin,
    end,
    list: (caseId) => of(caseId).map((record) => ({ ...record })),
    open: () => openCount,
    clear: (caseId) => of(caseId).forEach(forget),
  }
}

function describe(request: IncomingMessage, id: number): RequestRecord {
  const { path, query } = splitUrl(request.url ?? "/")
  const rawHeaders: [string, string][] = []
  for (let at = 0; at + 1 < request.rawHeaders.length; at += 2) {
    rawHeaders.push([request.rawHeaders[at] ?? "", request.rawHeaders[at + 1] ?? ""])
  }
  return {
    id,
    case: caseOf(request.headers),
    method: request.method ?? "GET",
    path,
    query,
    headers: request.headers,
    raw_headers: rawHeaders,
    body_bytes: 0,
    body_sha256: null,
    body_text: null,
    started_at: Date.now(),
    headers_sent_at: null,
    ended_at: null,
    status: null,
    outcome: "open",
    bytes_sent: 0,
    socket: null,
  }
}

export function splitUrl(url: string): { path: string; query: string } {
  const mark = url.indexOf("?")
  return mark < 0 ? { path: url, query: "" } : { path: url.slice(0, mark), query: url.slice(mark + 1) }
}

export function caseOf(headers: IncomingHttpHeaders): string | null {
  const value = headers["x-simulator-case"]
  return typeof value === "string" ? value : null
}
