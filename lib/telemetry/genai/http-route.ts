/**
 * Low-cardinality `http.request.method` and `http.route`.
 *
 * @module
 */
import type { RequestRecord } from "../../record/request-record.ts"

/** The methods of HTTP (RFC 9110, RFC 5789). */
const methods = new Set(["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"])

/** `http.request.method`: `_OTHER` for an unknown method. */
export const httpMethod = (method: string): string => methods.has(method) ? method : "_OTHER"

/** `url.scheme`, which callers can choose freely on Node. */
export const httpScheme = (scheme: string): string => /^https?$/.test(scheme) ? scheme : "_OTHER"

const below: ReadonlyArray<readonly [name: RegExp, template: string]> = [
  [/^universal$/, ""],
  [/^usage$/, "/usage"],
  [/^chat\.completions$/, "/baseten/v1/chat/completions"],
  [/^(?:messages|responses|embeddings|completions|models)$/, "/baseten/v1/$&"],
  [/^model_apis$/, "/baseten/v1/{rest}"],
  [/^(?:model|chain)(?=$|\.)/, "/baseten/$&/{$&_id}/{rest}"],
  [/^compat\.chat\.completions$/, "/compat/chat/completions"],
  [/(?<=^compat\.)(?:models|messages|responses|embeddings|completions)$/, "/compat/$&"],
  [/^custom(?=$|\.)/, "/{provider}/{rest}"],
]

/** `http.route`: the path with names for its ids; `undefined` if no route was found. */
export const httpRoute = ({ route, path }: Pick<RequestRecord, "route" | "path">): string | undefined => {
  if (route === null) return undefined
  for (const [name, template] of below) {
    const [matched] = name.exec(route) ?? []
    if (matched !== undefined) {
      return `/v1/{account_id}/{gateway_id}${template.replaceAll("$&", matched)}`
    }
  }
  return path === "/" ? path : undefined
}
