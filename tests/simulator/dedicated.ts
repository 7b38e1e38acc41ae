/** Calls to a model's or chain's own host. */
import { type Answer, empty } from "./answer.ts"
import type { AsyncRequests } from "./async-requests.ts"
import { dedicatedChat } from "./chat.ts"
import { actionOf, type DedicatedCall } from "./dedicated-path.ts"
import { describeRequest } from "./echo.ts"
import { embeddings } from "./embeddings.ts"
import { dedicatedError } from "./errors.ts"
import type { Exchange } from "./exchange.ts"
import { dedicatedHeaders, withHeaders } from "./headers.ts"
import { predict } from "./predict.ts"
import { parseJson } from "./values.ts"

export async function answerDedicated(
  call: DedicatedCall,
  exchange: Exchange,
  asyncRequests: AsyncRequests,
): Promise<Answer> {
  return withHeaders(await act(call, exchange, asyncRequests), dedicatedHeaders())
}

async function act(call: DedicatedCall, exchange: Exchange, asyncRequests: AsyncRequests): Promise<Answer> {
  const { id } = call.host
  const { method } = exchange
  if (id.startsWith("missing")) return dedicatedError(404, "Model does not exist")
  const action = actionOf(call)
  const onlyBy = (allowed: string, answer: () => Answer | Promise<Answer>) =>
    method === allowed ? answer() : dedicatedError(405, "Method not allowed")
  switch (action.name) {
    case "predict":
    case "run_remote":
      return await onlyBy("POST", () => predict(id, exchange))
    case "async_predict":
    case "async_run_remote":
      return await onlyBy("POST", async () => {
        const body = await exchange.body.whole()
        return asyncRequests.submit(id, parseJson(body.toString("utf8")), body.length)
      })
    case "async_queue_status":
      return await onlyBy("GET", () => asyncRequests.queueStatus(id))
    case "wake":
      return await onlyBy("POST", () => empty(202))
    case "async_request":
      if (method === "DELETE") return asyncRequests.cancel(id, action.requestId)
      return await onlyBy("GET", () => asyncRequests.status(id, action.requestId))
    case "container":
      return await answerContainer(action.path, exchange)
    case "target-refused":
      return dedicatedError(400, "This host takes no environment or deployment in its path")
    case "unknown":
      return dedicatedError(404, "Not found", "client_error")
  }
}

/** The server in the customer's container: OpenAI's routes, and anything else described back. */
async function answerContainer(path: string, exchange: Exchange): Promise<Answer> {
  if (exchange.method === "POST" && path === "/v1/chat/completions") return await dedicatedChat(exchange)
  if (exchange.method === "POST" && path === "/v1/embeddings") return await embeddings(exchange)
  // The key ends at Baseten's edge: no container sees it.
  const { authorization: _, ...headers } = exchange.headers
  return await describeRequest({ ...exchange, path, headers })
}
