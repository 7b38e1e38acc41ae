/** From a request to its answer, before any fault. */
import { type Answer, Refused } from "./answer.ts"
import type { AsyncRequests } from "./async-requests.ts"
import { refusedCredential } from "./auth.ts"
import { sharedChat } from "./chat.ts"
import { answerDedicated } from "./dedicated.ts"
import { dedicatedCall } from "./dedicated-path.ts"
import { describeRequest } from "./echo.ts"
import { plainError, type Surface } from "./errors.ts"
import type { Exchange, Route } from "./exchange.ts"
import { modelApiHeaders, withHeaders } from "./headers.ts"
import { sharedMessages } from "./messages.ts"
import { listModels } from "./models.ts"
import { sharedResponses } from "./responses.ts"

export async function answerFor(exchange: Exchange, asyncRequests: AsyncRequests): Promise<Answer> {
  const refusal = refusedCredential(exchange.headers, surfaceOf(exchange.path, exchange.headers.host))
  if (refusal !== undefined) return refusal
  try {
    const call = dedicatedCall(exchange.path, exchange.headers.host)
    if (call !== undefined) return await answerDedicated(call, exchange, asyncRequests)
    return await answerShared(exchange)
  } catch (error) {
    if (error instanceof Refused) return error.answer
    throw error
  }
}

export function surfaceOf(path: string, host: string | undefined): Surface {
  if (dedicatedCall(path, host) !== undefined) return "dedicated"
  if (path === "/v1/messages") return "messages"
  return path === "/v1/responses" ? "responses" : "model-api"
}

const sharedRoutes: Readonly<Record<string, Route>> = {
  "GET /v1/models": () => withHeaders(listModels(), modelApiHeaders("older")),
  "HEAD /v1/models": () => withHeaders(listModels(), modelApiHeaders("older")),
  "POST /v1/chat/completions": sharedChat,
  // Some edges overlook a version that is there twice, and the case of letters.
  "POST /v1/v1/chat/completions": sharedChat,
  "POST /v1/Chat/Completions": sharedChat,
  "POST /v1/chat/completions;v=1": sharedChat,
  "POST /v1/messages": sharedMessages,
  "POST /v1/responses": sharedResponses,
}

async function answerShared(exchange: Exchange): Promise<Answer> {
  const route = sharedRoutes[`${exchange.method} ${exchange.path}`]
  if (route !== undefined) return await route(exchange)
  return exchange.path.startsWith("/v1/echo") ? await describeRequest(exchange) : plainError(404, "Not found")
}
