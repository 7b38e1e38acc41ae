/** The simulator: one plain HTTP server that plays every Baseten host, well or badly as asked. */
import { Buffer } from "node:buffer"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { Socket } from "node:net"
import { type Answer, text } from "./answer.ts"
import { type AsyncRequests, createAsyncRequests } from "./async-requests.ts"
import { control } from "./control.ts"
import { deliver } from "./deliver.ts"
import type { Exchange } from "./exchange.ts"
import { createFaultBook, type FaultBook } from "./fault-book.ts"
import { type Fault, FaultMistake } from "./faults.ts"
import { createHolds, type Holds } from "./holds.ts"
import { frontEndHeaders, withHeaders } from "./headers.ts"
import { createLink, type Link, PeerGone } from "./link.ts"
import { createRecorder, type Recorder, type RequestRecord } from "./recorder.ts"
import { requestBody } from "./request-body.ts"
import { replacement, reshape } from "./reshape.ts"
import { answerFor, surfaceOf } from "./routes.ts"
import { serveSocket } from "./sockets.ts"

export type Simulator = {
  readonly url: string
  readonly port: number
  /** The variables that point a gateway at this simulator. */
  readonly env: Readonly<Record<string, string>>
  requests(caseId?: string): RequestRecord[]
  open(): number
  /** Lets go what is held of a case. */
  release(caseId: string): void
  /** Forgets records and standing faults, of one case or of all. */
  clear(caseId?: string): void
  close(): Promise<void>
}

type State = {
  readonly recorder: Recorder
  readonly faults: FaultBook
  readonly holds: Holds
  readonly asyncRequests: AsyncRequests
}

/** No known status says "your test is wrong": this one is no proxy's, server's or provider's. */
const mistakeStatus = 599
const headerLimit = 64 * 1024

export async function startSimulator(options: { port?: number; host?: string } = {}): Promise<Simulator> {
  const host = options.host ?? "127.0.0.1"
  const state: State = {
    recorder: createRecorder(),
    faults: createFaultBook(),
    holds: createHolds(),
    asyncRequests: createAsyncRequests(),
  }
  const server = createServer({ maxHeaderSize: headerLimit, noDelay: true }, (request, response) => {
    void serve(request, response, state)
  })
  server.timeout = 0
  server.requestTimeout = 0
  server.headersTimeout = 0
  server.keepAliveTimeout = 65_000
  // Only what is a WebSocket's: any other upgrade is answered as a request, or by a fault.
  const sockets = new Set<Socket>()
  server.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) => {
    sockets.add(socket)
    socket.once("close", () => sockets.delete(socket))
    void serveSocket(request, socket, head, state.recorder)
  })
  const port = await listen(server, options.port ?? 0, host)
  const url = `http://${host}:${port}`
  return {
    url,
    port,
    env: {
      BASETEN_INFERENCE_URL: url,
      BASETEN_MODEL_URL: `${url}/_model/{model_id}`,
      BASETEN_CHAIN_URL: `${url}/_chain/{chain_id}`,
    },
    requests: (caseId) => state.recorder.list(caseId),
    open: () => state.recorder.open(),
    release: (caseId) => state.holds.release(caseId),
    clear: (caseId) => {
      state.recorder.clear(caseId)
      state.faults.clear(caseId)
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
        for (const socket of sockets) socket.destroy()
      }),
  }
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject)
    server.listen({ port, host, backlog: 4096 }, () => {
      const address = server.address()
      if (typeof address === "object" && address !== null) resolve(address.port)
      else reject(new Error("The simulator listens on no port"))
    })
  })
}

async function serve(request: IncomingMessage, response: ServerResponse, state: State): Promise<void> {
  if ((request.url ?? "").startsWith("/_simulator/")) return await serveControl(request, response, state)
  const record = state.recorder.begin(request)
  const link = createLink(request, response, record, (end) => state.recorder.end(record, end))
  try {
    await serveRecorded(request, record, link, state)
  } catch (error) {
    if (error instanceof PeerGone || link.isGone()) return
    await reportMistake(error, response, record)
  }
}

async function serveRecorded(request: IncomingMessage, record: RequestRecord, link: Link, state: State) {
  const body = requestBody(request, record)
  let fault: Fault
  try {
    fault = state.faults.take(request.headers)
  } catch (error) {
    await body.drain()
    throw error
  }
  const exchange: Exchange = {
    method: record.method,
    path: record.path,
    query: record.query,
    headers: request.headers,
    contentType: request.headers["content-type"] ?? "",
    body,
    fault,
  }
  const delivery = { link, requestBody: body, method: record.method, fault }
  const replaced = replacement(fault, surfaceOf(record.path, request.headers.host))
  const answer = replaced ?? await answerFor(exchange, state.asyncRequests)
  // An echo reads the upload while it answers; every other answer comes after the whole upload.
  const readsLater = answer.body.kind === "chunks" || fault.early === true
  if (!readsLater || fault.hang !== undefined) await body.drain()
  if (fault.hang === "upgrade") link.switchProtocols()
  if (fault.hang !== undefined) return await link.untilPeerLeaves()
  if (fault.delay_ms !== undefined) await link.sleep(fault.delay_ms)
  if (fault.held) await link.until(state.holds.released(record.case ?? ""))
  if (fault.raw !== undefined) {
    await link.writeRaw(Buffer.from(fault.raw, "latin1"))
    return fault.then === "stall" ? await link.untilPeerLeaves() : await link.cut(fault.then === "reset")
  }
  const breaksBeforeHead = fault.reset === true && fault.cut_after === undefined &&
    !fault.short_content_length
  if (breaksBeforeHead) return await link.cut(true)
  await deliver(await reshape(withHeaders(answer, frontEndHeaders()), fault), delivery)
}

async function serveControl(request: IncomingMessage, response: ServerResponse, state: State): Promise<void> {
  let answer: Answer
  try {
    answer = await control(request, state.recorder, state.faults)
  } catch (error) {
    answer = mistakeAnswer(error)
  }
  const bytes = answer.body.kind === "whole" ? answer.body.bytes : Buffer.alloc(0)
  response.writeHead(answer.status, { ...answer.headers, "Content-Length": bytes.length }).end(bytes)
}

function reportMistake(error: unknown, response: ServerResponse, record: RequestRecord) {
  const answer = mistakeAnswer(error)
  if (response.headersSent) return response.destroy()
  record.status = answer.status
  record.headers_sent_at = Date.now()
  response.writeHead(answer.status, answer.headers)
  response.end(answer.body.kind === "whole" ? answer.body.bytes : undefined)
}

function mistakeAnswer(error: unknown): Answer {
  if (error instanceof FaultMistake) {
    return text(`simulator: x-simulator-fault: ${error.message}\n`, mistakeStatus)
  }
  return text(
    `simulator: unexpected: ${error instanceof Error ? error.stack : String(error)}\n`,
    mistakeStatus,
  )
}
