/** A gateway whose admin asks. */
import assert from "node:assert/strict"
import { createGateway } from "../../mod.ts"
import type { RequestLog } from "../../lib/request-log/RequestLog.ts"
import { type Asked, someLog } from "./some-log.ts"

/** The admin token of these tests. */
export const adminToken = "adm-in-0a1b2c"

/** An answer of the management API, taken apart. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly body: {
    readonly success: boolean
    readonly errors: ReadonlyArray<{ readonly code: number; readonly message: string }>
    readonly messages: ReadonlyArray<unknown>
    readonly result: unknown
    readonly result_info?: Readonly<Record<string, unknown>>
  }
}

/** What is asked of it. */
export interface Ask {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string
}

const parsed = (text: string) => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Runs a test with a gateway, a way to ask it as its admin, and what its log was asked. */
export const withAdmin = async (
  use: (ask: (path: string, ask?: Ask) => Promise<Answer>, asked: Array<Asked>) => Promise<void>,
  answers: Partial<RequestLog["Service"]> = {},
  variables: Record<string, unknown> = {},
): Promise<void> => {
  const asked: Array<Asked> = []
  const gateway = createGateway({
    env: { BASEGATE_ADMIN_TOKEN: adminToken, LOG_LEVEL: "none", ...variables },
    log: someLog(asked, answers),
  })
  const ask = async (path: string, { method = "GET", headers, body }: Ask = {}): Promise<Answer> => {
    const response = await gateway.fetch(
      new Request(
        `https://gate.example${path.startsWith("/") ? path : `/client/v4/accounts/a/ai-gateway/${path}`}`,
        {
          method,
          headers: { authorization: `Bearer ${adminToken}`, ...headers },
          ...(body !== undefined && { body }),
        },
      ),
    )
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, body: parsed(text) }
  }
  try {
    await use(ask, asked)
  } finally {
    await gateway.dispose()
  }
}

/** Asserts that an answer is an error in Cloudflare's form. */
export const assertRefused = (
  { status, body }: Answer,
  expected: readonly [status: number, code: number],
  message: RegExp,
): void => {
  assert.deepEqual([status, body.errors[0]?.code], expected)
  assert.deepEqual([body.success, body.messages, body.result], [false, [], null])
  assert.match(body.errors[0]?.message ?? "", message)
}
