/**
 * Makes a call from the playground as a client would, and reports its progress.
 *
 * @module
 */
import { gatewayApiPath, get, readEvents } from "./api.ts"
import type { Scope } from "./scope.tsx"
import type { EntryDetail } from "./types.ts"

/** The keys that were typed; they stay in the page's memory. */
export interface Keys {
  readonly provider: string
  readonly gateway: string
}

/** The state of a call. */
export interface Run {
  readonly isRunning: boolean
  readonly text: string
  readonly reasoning: string
  readonly status?: number
  readonly firstMs?: number
  readonly totalMs?: number
  readonly headers: ReadonlyArray<readonly [string, string]>
  readonly problem?: string
  readonly entry?: EntryDetail
}

/** The state before the first call. */
export const none: Run = { isRunning: false, text: "", reasoning: "", headers: [] }

/** The headers of a call. */
export const headersOf = ({ provider, gateway }: Keys): Record<string, string> => ({
  "content-type": "application/json",
  ...(provider !== "" && { authorization: `Bearer ${provider}` }),
  ...(gateway !== "" && { "cf-aig-authorization": `Bearer ${gateway}` }),
})

/** The path of a gateway's unified endpoint. */
export const compatPath = ({ account, gateway }: Scope): string =>
  `/v1/${encodeURIComponent(account)}/${encodeURIComponent(gateway)}/compat`

/** The error message of an answer. */
export const problemIn = async (response: Response): Promise<string> => {
  const text = await response.text()
  try {
    const { error } = JSON.parse(text) as {
      readonly error?: ReadonlyArray<{ message?: string }> | { message?: string }
    }
    const [first] = Array.isArray(error) ? error : [error]
    return first?.message ?? text
  } catch {
    return text || `The gateway answered ${response.status}.`
  }
}

/** Loads the log entry of a call, which appears a moment after the call has ended. */
const entryOf = async (scope: Scope, id: string, signal: AbortSignal): Promise<EntryDetail | undefined> => {
  for (let tries = 0; tries < 10 && !signal.aborted; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 250))
    try {
      return await get<EntryDetail>(`${gatewayApiPath(scope.account, scope.gateway)}/logs/${id}`, {}, signal)
    } catch {
      // Not logged yet.
    }
  }
  return undefined
}

/** Makes the call, and reports its progress. */
export const runCall = async (
  scope: Scope,
  keys: Keys,
  body: object,
  signal: AbortSignal,
  tell: (change: (last: Run) => Run) => void,
): Promise<void> => {
  const began = performance.now()
  const since = (): number => performance.now() - began
  const response = await fetch(`${compatPath(scope)}/chat/completions`, {
    method: "POST",
    headers: headersOf(keys),
    body: JSON.stringify(body),
    signal,
  })
  tell((last) => ({ ...last, status: response.status, headers: [...response.headers] }))
  if (!response.ok) {
    const problem = await problemIn(response)
    return tell((last) => ({ ...last, problem, totalMs: since() }))
  }
  await readEvents(response, (_, data) => {
    if (data === "[DONE]") return
    const { choices, error } = Object(JSON.parse(data)) as {
      readonly choices?: ReadonlyArray<
        { readonly delta?: { readonly content?: string; readonly reasoning_content?: string } }
      >
      readonly error?: { readonly message?: string }
    }
    if (error !== undefined) tell((last) => ({ ...last, problem: error.message ?? "The stream broke off." }))
    const { content = "", reasoning_content = "" } = choices?.[0]?.delta ?? {}
    if ((content || reasoning_content) === "") return
    tell((last) => ({
      ...last,
      text: last.text + (content ?? ""),
      reasoning: last.reasoning + (reasoning_content ?? ""),
      firstMs: last.firstMs ?? since(),
    }))
  })
  tell((last) => ({ ...last, totalMs: since() }))
  const entry = await entryOf(scope, response.headers.get("cf-aig-log-id") ?? "", signal)
  if (entry !== undefined) tell((last) => ({ ...last, entry }))
}

/** The call as a command line; variables stand for the keys. */
export const playgroundCurl = (scope: Scope, keys: Keys, body: object): string =>
  [
    `curl --no-buffer ${location.origin}${compatPath(scope)}/chat/completions`,
    ...(keys.provider !== "" ? ['--header "Authorization: Bearer $BASETEN_API_KEY"'] : []),
    ...(keys.gateway !== "" ? ['--header "cf-aig-authorization: Bearer $GATEWAY_TOKEN"'] : []),
    "--header 'Content-Type: application/json'",
    `--data '${JSON.stringify(body).replaceAll("'", "'\\''")}'`,
  ].join(" \\\n  ")
