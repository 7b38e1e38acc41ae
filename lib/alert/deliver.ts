/**
 * The delivery of one alert to its webhook.
 *
 * @module
 */
import * as Redacted from "effect/Redacted"
import { hex } from "../bytes/hex.ts"
import type { Alert } from "../config/alert-settings.ts"
import { retryAfterOfHeaders } from "../headers/read-retry-after.ts"
import { strictJson } from "../json/exact-json.ts"
import type { PlainClock } from "../time/clock.ts"
import type { StartTimer } from "../time/Timer.ts"
import { product } from "../version.ts"
import type { AlertEvent } from "./alert-event.ts"

/** The runtime's `fetch`, or a test's. */
export type PostWebhook = (url: string, init: RequestInit) => Promise<Response>

/** The environment of deliveries. */
export interface Deliverer {
  readonly post: PostWebhook
  readonly clock: Pick<PlainClock, "wall">
  readonly startTimer: StartTimer
}

/** The outcome of a delivery. */
export interface Delivery {
  readonly host: string
  readonly delivered: boolean
  /** The status of the last answer; `null` if there was none. */
  readonly status: number | null
  /** Why it was not delivered, in words. */
  readonly problem: string | null
}

/** How long an answer may take, in milliseconds. */
const longestAnswer = 5_000

/** The first wait, in milliseconds, which doubles each time. */
const firstWait = 1_000

/** The longest wait that a receiver may ask for, in milliseconds. */
const longestAsked = 30_000

/** The signature's header value: the time in seconds since 1970, and the HMAC-SHA256 of it, a dot and the body. */
const signatureOf = async (
  secret: Redacted.Redacted<string>,
  body: string,
  seconds: number,
): Promise<string> => {
  const encoder = new TextEncoder()
  const algorithm = { name: "HMAC", hash: "SHA-256" }
  const key = await crypto.subtle.importKey("raw", encoder.encode(Redacted.value(secret)), algorithm, false, [
    "sign",
  ])
  const signed = await crypto.subtle.sign("HMAC", key, encoder.encode(`${seconds}.${body}`))
  return `t=${seconds},v1=${hex(new Uint8Array(signed))}`
}

/** A webhook's answer; `status` is `null` if none came in time. */
interface Answer {
  readonly status: number | null
  /** How long it asks to wait, in milliseconds. */
  readonly wait: number
}

const answerOf = async (
  { url, secret }: Alert,
  body: string,
  delivery: string,
  { post, clock, startTimer }: Deliverer,
): Promise<Answer> => {
  const abort = new AbortController()
  const stop = startTimer(longestAnswer, () => abort.abort())
  try {
    const signature = secret && await signatureOf(secret, body, Math.floor(clock.wall() / 1000))
    const response = await post(Redacted.value(url), {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "user-agent": `${product.name}/${product.version}`,
        "x-basegate-delivery": delivery,
        ...(signature !== undefined && { "x-basegate-signature": signature }),
      },
      body,
      signal: abort.signal,
      // Redirects are not followed: only the configured webhook may receive this.
      redirect: "manual",
    })
    await response.body?.cancel()
    const wait = retryAfterOfHeaders(response.headers, clock.wall()) ?? 0
    return { status: response.status, wait: Math.min(wait, longestAsked) }
  } catch {
    return { status: null, wait: 0 }
  } finally {
    stop()
  }
}

/** Whether a retry may succeed: there was no answer, or one that suggests it. */
const mayPass = (status: number | null): boolean =>
  status === null || status === 408 || status === 429 || status >= 500

/**
 * Delivers an event, with a bounded number of tries. Never rejects.
 *
 * A receiver may get one twice, if its answer was lost: all tries have the same `x-basegate-delivery`.
 */
export const deliver = async (
  alert: Alert,
  event: AlertEvent,
  tries: number,
  deliverer: Deliverer,
): Promise<Delivery> => {
  const body = strictJson(event)
  const delivery = crypto.randomUUID()
  const { host } = alert
  let status: number | null = null
  for (let attempt = 1; attempt <= tries; attempt++) {
    const answer = await answerOf(alert, body, delivery, deliverer)
    status = answer.status
    if (status !== null && status >= 200 && status < 300) {
      return { host, delivered: true, status, problem: null }
    }
    if (!mayPass(status) || attempt === tries) break
    const wait = Math.max(answer.wait, firstWait * 2 ** (attempt - 1) * (0.75 + Math.random() / 2))
    await new Promise<void>((resolve) => void deliverer.startTimer(wait, resolve))
  }
  const problem = status === null ? `no answer from ${host}` : `${host} answered ${status}`
  return { host, delivered: false, status, problem }
}
