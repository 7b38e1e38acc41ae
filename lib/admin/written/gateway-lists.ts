/**
 * Tokens, routes and keys in a gateway's own body, under their names in a settings file.
 *
 * @module
 */
import * as Result from "effect/Result"
import { adminBadRequest } from "../../errors/admin-errors.ts"
import type { GatewayError } from "../../errors.ts"
import { isObject, objectOf } from "../../json/parse.ts"
import type { Editing, NewSecret } from "../../settings-store/change.ts"
import type {
  TokenValue,
  WrittenGateway,
  WrittenKey,
  WrittenRoute,
  WrittenToken,
} from "../../settings-store/document.ts"
import type { WriteContext } from "./context.ts"
import type { GatewayBody } from "./gateway-settings-body.ts"
import { openMembers, sameJson } from "./body-members.ts"
import { keep } from "./references.ts"
import { elementsProblem, newRoute, routeNameProblem, withDeployment, withVersion } from "./route-elements.ts"
import { deployedVersion } from "./route-json.ts"
import { tokenName, tokenOptions, tokenValue } from "./token-options.ts"

/** The lists of a body; `undefined` for those that stay unchanged. */
export interface GatewayLists {
  readonly tokens:
    | ReadonlyArray<{
      readonly name: string
      readonly value: TokenValue
      readonly options: WrittenToken["options"]
    }>
    | undefined
  readonly routes: ReadonlyArray<readonly [name: string, elements: ReadonlyArray<unknown>]> | undefined
  readonly keys: ReadonlyArray<Pick<WrittenKey, "provider" | "alias" | "secret">> | undefined
  readonly secrets: ReadonlyArray<NewSecret>
}

const refused = (problem: string): Result.Result<never, GatewayError> =>
  Result.fail(adminBadRequest(`${problem}.`))

const readTokens = async (context: WriteContext, value: unknown) => {
  if (!Array.isArray(value)) return refused("tokens: expected a list")
  const tokens: Array<NonNullable<GatewayLists["tokens"]>[number]> = []
  for (const [at, item] of value.entries()) {
    if (!isObject(item)) {
      return refused(`tokens.${at}: expected {"name", "token"}: a token that is written has a name`)
    }
    const members = openMembers(item)
    members.require("name", "a name, which the log shows")
    members.require("token", "the token, sha256: and its digest, or env:NAME")
    const name = tokenName(members) ?? ""
    const text = members.text("token", 600) ?? ""
    const options = tokenOptions(members)
    const problem = members.problem()
    if (problem !== undefined) return refused(`tokens.${at}.${problem.detail.replace(/\.$/, "")}`)
    const read = await tokenValue(context, `tokens.${at}.token`, text)
    if (Result.isFailure(read)) return Result.fail(read.failure)
    tokens.push({ name, value: read.success, options })
  }
  return Result.succeed(tokens)
}

const readRoutes = (value: unknown) => {
  if (!isObject(value)) return refused('routes: expected {"name": {"elements": […]}}')
  const routes: Array<readonly [string, ReadonlyArray<unknown>]> = []
  for (const [name, route] of Object.entries(value)) {
    const elements = Array.isArray(route) ? route : objectOf(route)["elements"]
    const problem = routeNameProblem(name) ?? elementsProblem(name, elements)
    if (problem !== undefined) return refused(`routes.${name.slice(0, 64)}.${problem}`)
    routes.push([name, elements as ReadonlyArray<unknown>])
  }
  return Result.succeed(routes)
}

const readKeys = async ({ written }: WriteContext, value: unknown) => {
  if (!isObject(value)) return refused('provider_keys: expected {"baseten": {"default": "env:NAME"}}')
  const keys: Array<NonNullable<GatewayLists["keys"]>[number]> = []
  const secrets: Array<NewSecret> = []
  for (const [provider, aliases] of Object.entries(value)) {
    for (const [alias, text] of Object.entries(objectOf(aliases))) {
      const place = `provider_keys.${provider.slice(0, 71)}.${alias.slice(0, 64)}`
      if (typeof text !== "string") return refused(`${place}: expected env:NAME, or the key itself`)
      const kept = await keep(written, place, text)
      if (Result.isFailure(kept)) return Result.fail(kept.failure)
      keys.push({ provider, alias, secret: kept.success.reference })
      if (kept.success.secret !== undefined) secrets.push(kept.success.secret)
    }
  }
  return Result.succeed({ keys, secrets })
}

/** Reads the lists of a body. */
export const readLists = async (
  context: WriteContext,
  { tokens, routes, provider_keys }: GatewayBody["lists"],
): Promise<Result.Result<GatewayLists, GatewayError>> => {
  const none = Result.succeed(undefined)
  const readToken = tokens === undefined ? none : await readTokens(context, tokens)
  if (Result.isFailure(readToken)) return Result.fail(readToken.failure)
  const readRoute = routes === undefined ? none : readRoutes(routes)
  if (Result.isFailure(readRoute)) return Result.fail(readRoute.failure)
  const readKey = provider_keys === undefined ? none : await readKeys(context, provider_keys)
  return Result.map(readKey, (read) => ({
    tokens: readToken.success,
    routes: readRoute.success,
    keys: read?.keys,
    secrets: read?.secrets ?? [],
  }))
}

/** The gateway with its lists replaced. Items with the name of a previous one keep its id. */
export const withLists = (
  gateway: WrittenGateway,
  { tokens, routes, keys }: GatewayLists,
  { now, version }: Pick<Editing, "now" | "version">,
): WrittenGateway => {
  const written = { version, created_at: now, modified_at: now }
  const tokensNow = tokens?.reduce((all: ReadonlyArray<WrittenToken>, { name, value, options }) => {
    const same = all.find((token) => token.name === name)
    if (same !== undefined) {
      return all.map((token) => token === same ? { ...token, values: [...token.values, value] } : token)
    }
    const before = gateway.tokens.find((token) => token.name === name)
    return [...all, { ...written, id: before?.id ?? crypto.randomUUID(), name, options, values: [value] }]
  }, [])
  const routesNow = routes?.map(([name, elements]): WrittenRoute => {
    const before = gateway.routes.find((route) => route.name === name)
    if (before === undefined) return newRoute(name, elements, { now, version })
    if (sameJson(deployedVersion(before)?.elements, elements)) return before
    const version_id = crypto.randomUUID()
    const drafted = withVersion(before, { version_id, created_at: now, elements, comment: null })
    const deployment = { deployment_id: crypto.randomUUID(), version_id, created_at: now, comment: null }
    return { ...withDeployment(drafted, deployment), version, modified_at: now }
  })
  const keysNow = keys?.map((key): WrittenKey => {
    const before = gateway.keys.find((one) => one.provider === key.provider && one.alias === key.alias)
    return { ...written, ...key, id: before?.id ?? crypto.randomUUID(), isDefault: key.alias === "default" }
  })
  return {
    ...gateway,
    tokens: tokensNow ?? gateway.tokens,
    routes: routesNow ?? gateway.routes,
    keys: keysNow ?? gateway.keys,
  }
}
