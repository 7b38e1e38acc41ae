/**
 * A failure of the gateway as the JSON that Cloudflare AI Gateway's clients parse.
 *
 * @module
 */
import { strictJson } from "../json/exact-json.ts"
import type { GatewayError } from "../errors.ts"
import { redact, type Secrets } from "../redaction/secrets.ts"

/**
 * The body of a gateway error, with every key that Cloudflare sends.
 *
 * `error` is singular and an array. SDKs that show only `error` get the whole sentence there; the Workers
 * binding builds its exception from `internalCode`, `description` and `name`.
 */
const errorBody = (error: GatewayError) => ({
  success: false,
  result: [],
  messages: [],
  error: [{ code: error.code, message: error.message }],
  name: "AiGatewayError",
  httpCode: error.status,
  internalCode: error.code,
  message: error.title,
  description: error.detail,
})

/** Cloudflare's code for what its management API failed to do. */
const adminInternal = 7000

/** The body of an error of the management API: `errors` is plural there. */
const adminErrorBody = ({ code, message, reason }: GatewayError) => ({
  success: false,
  errors: [{ code: reason === "internal" ? adminInternal : code, message }],
  messages: [],
  result: null,
})

/** The body of an error of `/ai/run`, whose answers all have a state. */
const runErrorBody = ({ code, message }: GatewayError, model: string | null) => ({
  state: "Failed",
  error: { code, message },
  model,
})

/** What was asked for, which the form of its answers depends on. */
export interface ErrorContext {
  /** The route, as records name it. */
  readonly routeName: string | null
  readonly model: string | null
}

/** The management API and `/ai/run` answer every failure in their own form. */
const bodyFor = (error: GatewayError, asked: ErrorContext | undefined): object => {
  if (asked?.routeName === "rest.run") return runErrorBody(error, asked.model)
  const isAdmin = error.isAdmin || asked?.routeName?.startsWith("admin.") === true
  return isAdmin ? adminErrorBody(error) : errorBody(error)
}

/**
 * The body of the answer to a request that the gateway refused or could not relay, as text.
 *
 * @param secrets redacted, since the error may quote its caller
 */
export const errorText = (
  error: GatewayError,
  secrets: ReadonlyArray<Secrets> = [],
  asked?: ErrorContext,
): string => redact(strictJson(bodyFor(error, asked)), ...secrets)
