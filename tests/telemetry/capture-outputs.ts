/** Hears everything that a gateway tells of requests to others than their callers. */
import assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Settings } from "../../lib/config/Settings.ts"
import { RequestLog } from "../../lib/request-log/RequestLog.ts"

/** Everything that was told, and where. */
export type Told = Array<readonly [where: string, text: string]>

/** What was told, by kinds, so that a test can tell that it heard anything. */
export const seen = {
  lines: 0,
  spans: 0,
  logs: 0,
  metrics: 0,
  entries: 0,
  bodies: 0,
  blots: 0,
  errors: 0,
  hits: 0,
  cut: 0,
}

const charOf = (_: string, hex: string): string => String.fromCharCode(parseInt(hex, 16))

/** A text as it is, and as somebody reads it who undoes its escapes, or puts a stream together. */
const readings = (text: string): ReadonlyArray<string> => {
  const bare = text.replaceAll(/\\u([\da-f]{4})/gi, charOf).replaceAll("\\", "")
  const pieces = text.matchAll(/"(?:content|token)\\*":\\*"((?:[^"\\]|\\.)*)"/g)
  return [
    text,
    bare,
    bare.replaceAll(/%([0-7][\da-f])/gi, charOf),
    [...pieces].map(([, piece]) => piece).join("").replaceAll("\\", ""),
  ]
}

/** Those of the secrets that a text holds, however it is read. */
export const heldIn = (text: string, secrets: ReadonlyArray<string>): ReadonlyArray<string> => {
  const all = readings(text)
  return secrets.filter((secret) => all.some((reading) => reading.includes(secret.replaceAll("\\", ""))))
}

/**
 * Listens to the console, and to what goes to the collector: the secrets that are for it stand in headers, which are not
 * heard.
 *
 * @returns ends it
 */
export const listen = (told: Told): () => void => {
  const { log, error, warn, info, debug } = console
  const { fetch } = globalThis
  const note = (...line: ReadonlyArray<unknown>) => {
    seen.lines++
    told.push(["console", line.map(String).join(" ")])
  }
  Object.assign(console, { log: note, error: note, warn: note, info: note, debug: note })
  globalThis.fetch = (url, init) => {
    const text = String(init?.body)
    assert.ok(String(url).startsWith("https://collector.test/"), String(url))
    if (text.startsWith('{"resourceSpans"')) seen.spans++
    if (text.startsWith('{"resourceLogs"')) seen.logs++
    if (text.startsWith('{"resourceMetrics"')) seen.metrics++
    told.push([String(url), text])
    return Promise.resolve(new Response(JSON.stringify(init?.headers), { status: 400 }))
  }
  return () => {
    Object.assign(console, { log, error, warn, info, debug })
    globalThis.fetch = fetch
  }
}

/** A log in memory, and everything that is put into it. */
export const overheardLog = (told: Told): Layer.Layer<RequestLog, never, Settings> =>
  Layer.effect(
    RequestLog,
    Effect.map(RequestLog, (log) =>
      RequestLog.of({
        ...log,
        append: (record, payloads) => {
          const bodies = [payloads?.request, payloads?.response].flatMap((payload) => payload?.text ?? [])
          told.push(["entry", JSON.stringify(record)], ...bodies.map((body) => ["body", body] as const))
          seen.entries++
          seen.bodies += bodies.length
          if (JSON.stringify([record, bodies]).includes("[redacted]")) seen.blots++
          return log.append(record, payloads)
        },
      })),
  ).pipe(Layer.provide(RequestLog.layerMemory()))
