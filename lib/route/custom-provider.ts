/**
 * Addresses of the operator's own providers: from a path below `custom-{slug}` to a URL.
 *
 * @module
 */
import * as Result from "effect/Result"
import { badRequest, type GatewayError, invalidProvider } from "../errors.ts"
import { isPlainPath } from "./path-spelling.ts"

/**
 * The URL of a request to a custom provider: the operator's base URL, then the path and the query as sent.
 *
 * The host is the operator's and the path stays below the base, whatever is requested.
 *
 * @param providers the providers by the name that requests use, and their base URLs, which end without a slash
 * @param name `custom-{slug}`; fails with `invalid_provider` if there is no such provider
 * @param rest the path below the name, without its leading slash, as the URL standard normalises it; fails with
 *   `bad_request` if it could leave the base
 * @param search the query with its `?`, or nothing
 */
export const customProviderUrl = (
  providers: ReadonlyMap<string, { readonly baseUrl: string }>,
  name: string,
  rest: string,
  search: string,
): Result.Result<string, GatewayError> => {
  const provider = providers.get(name)
  if (provider === undefined) return Result.fail(invalidProvider(name))
  // Characters that the URL standard strips, or reads as the path's end, must not hide a dot segment.
  // deno-lint-ignore no-control-regex
  if (!isPlainPath(rest) || /[\x00-\x20\x7f?#]/.test(rest)) {
    return Result.fail(badRequest("The path has a dot segment, a backslash or a blank. Send it without."))
  }
  return Result.succeed(`${provider.baseUrl}/${rest}${search}`)
}

/**
 * The path of a call below a custom provider, for routes that name a model and no path. Cloudflare asks for a base without
 * `v1`; a base that ends with a version has one already.
 *
 * @param path the same call's at Model APIs: `/v1/…`
 */
export const callPath = (baseUrl: string, path: string): string =>
  /\/v\d+$/.test(baseUrl) ? path.slice("/v1".length) : path
