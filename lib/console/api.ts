/**
 * Calls of the management API. The session is a cookie that scripts cannot read; the header shows that a call comes
 * from this page, since other origins cannot set it.
 *
 * @module
 */

const own = { "x-basegate-console": "1" }

/** Why a call failed, in words for the user. */
export class ApiError extends Error {
  readonly status: number
  /** For a conflict: the current state of what was to be changed. */
  readonly result: unknown
  constructor(status: number, message: string, result?: unknown) {
    super(message)
    this.status = status
    this.result = result
  }
}

/** Called when the session has ended. */
export const onLoggedOut: { call: () => void } = { call: () => {} }

interface Envelope {
  readonly success?: boolean
  readonly errors?: ReadonlyArray<{ readonly message?: string }>
  /** Paths outside the management API use this name for the list. */
  readonly error?: ReadonlyArray<{ readonly message?: string }>
  readonly result?: unknown
  readonly result_info?: unknown
}

const unreachable = "The gateway does not answer. Check that it runs, then try again."

/** Sends a request of the console; fails with `ApiError`. */
export const sendRequest = async (path: string, init: RequestInit): Promise<Response> => {
  let response: Response
  try {
    response = await fetch(path, { ...init, headers: { ...own, ...init.headers }, cache: "no-store" })
  } catch (cause) {
    if (init.signal?.aborted === true) throw cause
    throw new ApiError(0, unreachable)
  }
  if (response.ok) return response
  const text = await response.text()
  let message = `The gateway answered ${response.status}.`
  let result: unknown
  try {
    const body = JSON.parse(text) as Envelope
    message = body.errors?.[0]?.message ?? body.error?.[0]?.message ?? message
    result = body.result
  } catch {
    // Not in the API's form, such as a proxy's error page.
  }
  if (response.status === 401 && path.startsWith("/client/")) onLoggedOut.call()
  throw new ApiError(response.status, message, result)
}

/** Query parameters; undefined ones are left out. */
export type Parameters = Readonly<Record<string, string | number | boolean | undefined>>

const query = (parameters: Parameters): string => {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== "") search.set(name, String(value))
  }
  const text = search.toString()
  return text === "" ? "" : `?${text}`
}

/** The base of an account's gateways. */
export const accountPath = (account: string): string =>
  `/client/v4/accounts/${encodeURIComponent(account)}/ai-gateway`
/** The base of one gateway, or of the account's gateways if none is chosen. */
export const gatewayApiPath = (account: string, gateway: string): string =>
  gateway === "" ? accountPath(account) : `${accountPath(account)}/gateways/${encodeURIComponent(gateway)}`

/** Gets a result with its additional information. */
export const getPage = async <Result, Info = unknown>(
  path: string,
  parameters: Parameters = {},
  signal?: AbortSignal,
): Promise<{ readonly result: Result; readonly info: Info }> => {
  const response = await sendRequest(path + query(parameters), signal === undefined ? {} : { signal })
  const { result, result_info } = await response.json() as Envelope
  return { result: result as Result, info: result_info as Info }
}

/** Gets a result. */
export const get = async <Result>(
  path: string,
  parameters?: Parameters,
  signal?: AbortSignal,
): Promise<Result> => (await getPage<Result>(path, parameters, signal)).result

/** Gets a text, such as a stored body. */
export const getText = async (path: string, signal?: AbortSignal): Promise<string> =>
  await (await sendRequest(path, signal === undefined ? {} : { signal })).text()

/** Gets a file. */
export const getFile = async (path: string, parameters: Parameters): Promise<Blob> =>
  await (await sendRequest(path + query(parameters), {})).blob()

/** Changes something. */
export const patch = async (path: string, body: object): Promise<void> => {
  await sendRequest(path, {
    method: "PATCH",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json" },
  })
}

/** A gateway, as in its address. */
export interface GatewayAddress {
  readonly account: string
  readonly gateway: string
}

/**
 * Opens a session. The token is sent in the body and not kept.
 *
 * @returns the gateway whose usage it shows, if it is a gateway's token
 */
export const logIn = async (token: string, place?: GatewayAddress): Promise<GatewayAddress | undefined> => {
  const response = await sendRequest("/console/session", {
    method: "POST",
    body: JSON.stringify({ token, ...place }),
    headers: { "content-type": "application/json" },
  })
  if (response.status === 204) return undefined
  const { result } = await response.json() as { readonly result: GatewayAddress }
  return result
}

/** Ends the session. */
export const logOut = async (place?: GatewayAddress): Promise<void> =>
  void await sendRequest(`/console/session${query({ ...place })}`, { method: "DELETE" })

/** Reads the events of a stream until it ends or is aborted. */
export const readEvents = async (
  response: Response,
  onEvent: (name: string, data: string) => void,
): Promise<void> => {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  for (let held = ""; reader !== undefined;) {
    const { done, value } = await reader.read()
    if (done) return
    const blocks = (held + value).split(/\r?\n\r?\n/)
    held = blocks.pop() ?? ""
    for (const block of blocks) {
      let name = "message"
      const data: Array<string> = []
      for (const line of block.split(/\r?\n/)) {
        if (line.startsWith("event:")) name = line.slice(6).trim()
        else if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""))
      }
      if (data.length > 0) onEvent(name, data.join("\n"))
    }
  }
}

/** Follows a stream of the API, and reopens it when it ends, until aborted. */
export const follow = async (
  path: string,
  parameters: Parameters,
  signal: AbortSignal,
  onState: (open: boolean, problem?: string) => void,
  onEvent: (name: string, data: string) => void,
): Promise<void> => {
  while (!signal.aborted) {
    try {
      const response = await sendRequest(path + query(parameters), { signal })
      onState(true)
      await readEvents(response, onEvent)
    } catch (cause) {
      if (signal.aborted) return
      onState(false, cause instanceof Error ? cause.message : unreachable)
      if (cause instanceof ApiError && cause.status === 401) return
    }
    await new Promise((resolve) => setTimeout(resolve, 1500))
  }
}
