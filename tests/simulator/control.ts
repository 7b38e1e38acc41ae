/** The simulator's own routes below `/_simulator/`: what it saw, and standing faults. */
import type { IncomingMessage } from "node:http"
import { Buffer } from "node:buffer"
import { type Answer, json } from "./answer.ts"
import type { FaultBook } from "./fault-book.ts"
import { FaultMistake, readFault } from "./faults.ts"
import { type Recorder, splitUrl } from "./recorder.ts"
import { countIn, isObject, parseJson, textIn } from "./values.ts"

export async function control(
  request: IncomingMessage,
  recorder: Recorder,
  faults: FaultBook,
): Promise<Answer> {
  const { path, query } = splitUrl(request.url ?? "")
  const caseId = new URLSearchParams(query).get("case") ?? undefined
  switch (`${request.method} ${path}`) {
    case "GET /_simulator/health":
      return json({ ok: true })
    case "GET /_simulator/open":
      return json({ open: recorder.open() })
    case "GET /_simulator/requests":
      return json({ requests: recorder.list(caseId) })
    case "DELETE /_simulator/requests":
      recorder.clear(caseId)
      return json({ ok: true })
    case "DELETE /_simulator/faults":
      faults.clear(caseId)
      return json({ ok: true })
    case "POST /_simulator/faults":
      addFault(parseJson(await textOf(request)), faults)
      return json({ ok: true })
  }
  return json({ error: "The simulator has no such control route" }, 404)
}

function addFault(order: unknown, faults: FaultBook) {
  if (!isObject(order)) throw new FaultMistake("the body is not a JSON object")
  const unknown = Object.keys(order).find((key) => !["case", "fault", "times"].includes(key))
  if (unknown !== undefined) throw new FaultMistake(`unknown key "${unknown}"`)
  const caseId = textIn(order["case"])
  if (caseId === undefined) throw new FaultMistake('"case" must be a string; "*" means every case')
  const times = order["times"]
  if (times !== undefined && !countIn(times)) {
    throw new FaultMistake('"times" must be a positive whole number')
  }
  faults.add(caseId, readFault(order["fault"]), countIn(times))
}

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const chunk of request) parts.push(chunk as Buffer)
  return Buffer.concat(parts).toString("utf8")
}
