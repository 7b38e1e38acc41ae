/** One request of a case, and its whole answer. */
import { Buffer } from "node:buffer"
import { adminToken } from "./cases/log-api.ts"
import { chat, type Harness, json } from "./harness.ts"

/** What is asked; by default a POST of a chat that no other case sends. */
export interface Ask {
  /** The case. */
  readonly id: string
  /** Of the second gateway; `cached` unless given. */
  readonly entry?: string
  readonly path?: string
  readonly method?: string
  /** Beside those of `json`; an empty value takes one of them away. */
  readonly headers?: Record<string, string>
  readonly body?: string
  readonly signal?: AbortSignal
}

/** An answer that has come whole. */
export interface Answered {
  readonly response: Response
  /** Its `cf-aig-cache-status`. */
  readonly status: string | null
  readonly bytes: Buffer
}

/** Asks the second gateway, and waits for all of the answer. */
export const asker = (harness: Harness) =>
async (
  { id, entry = "cached", path = "baseten/v1/chat/completions", method = "POST", ...ask }: Ask,
): Promise<
  Answered
> => {
  const given = { ...json, "x-simulator-case": id, ...ask.headers }
  const headers = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ""))
  const response = await fetch(`${harness.entry(entry)}/${path}`, {
    method,
    headers,
    ...(method === "POST" && { body: ask.body ?? chat({ user: id }) }),
    ...(ask.signal && { signal: ask.signal }),
  })
  const bytes = Buffer.from(await response.arrayBuffer())
  return { response, status: response.headers.get("cf-aig-cache-status"), bytes }
}

/** How many calls the second gateway works on. */
export const callsInFlight = async ({ configured }: Harness): Promise<number> => {
  const url = `${configured.url}/client/v4/accounts/account/ai-gateway/status`
  const answer = await fetch(url, { headers: { authorization: `Bearer ${adminToken}` } })
  const { result } = await answer.json() as { readonly result: { readonly in_flight: number } }
  return result.in_flight
}

/** Waits until the second gateway works on so many calls; those of before may end meanwhile, so not for ever. */
export const untilInFlight = async (harness: Harness, count: number): Promise<void> => {
  for (let tries = 0; tries < 200 && await callsInFlight(harness) < count; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  // A moment for what it does with a call first.
  await new Promise((resolve) => setTimeout(resolve, 100))
}

/** Asks for one after the other, and tells how each was answered. */
export const statusesOf = (ask: (one: Ask) => Promise<Answered>) =>
async (
  all: ReadonlyArray<Ask>,
): Promise<ReadonlyArray<number>> => {
  const statuses: Array<number> = []
  for (const one of all) statuses.push((await ask(one)).response.status)
  return statuses
}
