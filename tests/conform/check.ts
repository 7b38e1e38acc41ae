/**
 * What a check of the wire is, and what it may use: a URL, a key, and what the simulator has seen.
 *
 * @module
 */
import type { RequestRecord } from "../simulator/recorder.ts"

/** The upstream that the gateway under test calls. */
export interface Upstream {
  readonly url: string
  readonly requests: () => ReadonlyArray<RequestRecord>
}

/** The gateway under test. */
export interface Subject {
  /** Its address, up to and without `/v1/…`. */
  readonly url: string
  readonly account: string
  readonly gateway: string
  /** The provider key that calls bring; the simulator takes any that does not begin with `wrong`. */
  readonly key: string
  /** A gateway token, if the gateway wants one. */
  readonly token: string | undefined
  /** A token of its management API. */
  readonly adminToken: string | undefined
  /** The name of one of its dynamic routes. */
  readonly route: string | undefined
  /** Where its paths of the provider begin; `undefined` for Cloudflare's, `/v1/{account}/{gateway}/baseten`. */
  readonly providerPath: string | undefined
  /** Sent with every call beside the key and the token. */
  readonly headers: Readonly<Record<string, string>>
  readonly upstream: Upstream
}

/** Why a check does not apply. */
export class Skipped extends Error {}

/** One check; it throws what is wrong, or `Skipped`. */
export interface Check {
  readonly name: string
  readonly run: (wire: Wire) => Promise<void>
}

/** The checks of one area. */
export interface Area {
  readonly name: string
  readonly checks: ReadonlyArray<Check>
}

/** A chat; each one says something else, so that no cache holds its answer. */
let said = 0
export const chat = (members: object = {}): Record<string, unknown> => ({
  model: "openai/gpt-oss-120b",
  messages: [{ role: "user", content: `Héllo 世界 ${Date.now()}.${++said}` }],
  ...members,
})

/** Calls to the gateway under test. */
export class Wire {
  readonly subject: Subject

  constructor(subject: Subject) {
    this.subject = subject
  }
  get base(): string {
    const { url, account, gateway } = this.subject
    return `${url}/v1/${account}/${gateway}`
  }
  /** The headers that let a call pass. */
  get headers(): Record<string, string> {
    const { key, token, headers } = this.subject
    return {
      ...headers,
      authorization: `Bearer ${key}`,
      ...(token !== undefined && { "cf-aig-authorization": `Bearer ${token}` }),
    }
  }
  /** The address of a path below the gateway, such as `/baseten/v1/models`. */
  urlOf(path: string): string {
    const { url, providerPath } = this.subject
    if (providerPath === undefined) return `${this.base}${path}`
    if (!/^\/baseten\/v1\//.test(path)) this.needsCloudflaresPaths()
    return `${url}${providerPath.replace(/\/$/, "")}${path.slice("/baseten".length)}`
  }
  /** Skips what a gateway with paths of its own does not promise. */
  needsCloudflaresPaths(): void {
    if (this.subject.providerPath !== undefined) throw new Skipped("the gateway has paths of its own")
  }
  post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(this.urlOf(path), {
      method: "POST",
      headers: { ...this.headers, "content-type": "application/json", ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
      signal: AbortSignal.timeout(20_000),
    })
  }
  get(path: string, headers: Record<string, string> = this.headers): Promise<Response> {
    return fetch(path.startsWith("http") ? path : this.urlOf(path), {
      headers,
      redirect: "manual",
      signal: AbortSignal.timeout(20_000),
    })
  }
  /** Makes the next calls that reach the upstream fail, each in its way. */
  async failing(...faults: ReadonlyArray<object>): Promise<void> {
    for (const fault of faults) {
      const body = JSON.stringify({ case: "*", fault, times: 1 })
      const { ok } = await fetch(`${this.subject.upstream.url}/_simulator/faults`, { method: "POST", body })
      if (!ok) throw new Error("the simulator does not know this fault")
    }
  }
  /** What has reached the upstream while something ran. */
  async reached(run: () => Promise<unknown>): Promise<ReadonlyArray<RequestRecord>> {
    const { upstream } = this.subject
    const last = upstream.requests().at(-1)?.id ?? 0
    await run()
    return upstream.requests().filter(({ id }) => id > last)
  }
}

/** Fails a check with a sentence. */
export function holds(condition: unknown, problem: string): asserts condition {
  if (!condition) throw new Error(problem)
}

/** Fails unless two values are equal as JSON. */
export const equal = (what: string, actual: unknown, expected: unknown): void =>
  holds(
    JSON.stringify(actual) === JSON.stringify(expected),
    `${what}: ${JSON.stringify(actual)?.slice(0, 120)} in place of ${
      JSON.stringify(expected)?.slice(0, 120)
    }`,
  )
