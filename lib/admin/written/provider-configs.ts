/**
 * Provider keys that a written gateway stores for its callers: Cloudflare's provider configs.
 *
 * @module
 */
import * as Result from "effect/Result"
import { adminBadRequest, adminConflict, adminNotFound } from "../../errors/admin-errors.ts"
import type { GatewayError } from "../../errors.ts"
import {
  findGateway,
  withGateway,
  withItem,
  type WrittenDocument,
  type WrittenGateway,
  type WrittenKey,
} from "../../settings-store/document.ts"
import { envelope } from "../envelope.ts"
import { listing, pageOf, showing, unlessChanged } from "./answers.ts"
import { gatewayToChange, type Handled, type WriteContext } from "./context.ts"
import { openMembers } from "./body-members.ts"
import { keep, type Kept, shownReference } from "./references.ts"

const kind = "provider_config" as const

const noConfig = (id: string): GatewayError =>
  adminNotFound(
    `This gateway has no written provider config with the id ${id}. GET …/provider_configs lists those it has.`,
  )

/** A key without its secret. */
const keyJson = (gateway: string, key: WrittenKey, document: Pick<WrittenDocument, "secrets">) => ({
  id: key.id,
  gateway_id: gateway,
  provider_slug: key.provider,
  alias: key.alias,
  default_config: key.isDefault,
  secret_id: key.secret.replace(/^sealed:/, ""),
  secret_preview: shownReference(key.secret, document),
  created_at: key.created_at,
  modified_at: key.modified_at,
})

const placeOf = ({ route: { account, gateway }, author }: WriteContext) => ({
  kind,
  author,
  account,
  gateway,
})

const withKeys = (document: WrittenDocument, gateway: WrittenGateway, keys: ReadonlyArray<WrittenKey>) =>
  withGateway(document, gateway.account, gateway.id, { ...gateway, keys })

/** Lists the keys. */
export const listConfigs = (context: WriteContext): Result.Result<Response, GatewayError> => {
  const { document, search, route: { account, gateway } } = context
  const keys = findGateway(document, account, gateway)?.keys ?? []
  return Result.map(
    pageOf(search, keys),
    (page) => listing(page, (key) => keyJson(gateway, key, document)),
  )
}

/** Shows a key, without its secret. */
export const showConfig = (context: WriteContext): Result.Result<Response, GatewayError> => {
  const { document, route: { account, gateway, item } } = context
  const key = findGateway(document, account, gateway)?.keys.find(({ id }) => id === item)
  return key === undefined
    ? Result.fail(noConfig(item))
    : Result.succeed(showing(keyJson(gateway, key, document), key))
}

/** The secret of a body: text to encrypt, a variable, or the secret of another provider config of the account. */
const secretIn = async (
  { written, document, route: { account } }: WriteContext,
  secret: string | undefined,
  id: string | undefined,
): Promise<Result.Result<Kept, GatewayError>> => {
  if (secret !== undefined) return await keep(written, "secret", secret)
  if (id?.startsWith("env:")) return await keep(written, "secret_id", id)
  const known = id === undefined || !Object.hasOwn(document.secrets, id) ? undefined : document.secrets[id]
  return known?.account === account
    ? Result.succeed({ reference: `sealed:${id}`, secret: undefined })
    : Result.fail(adminBadRequest(
      "secret: expected the provider's key, or env:NAME, or in its place secret_id, the one of another provider config.",
    ))
}

const aliasForm = /^(?!__proto__$)[\w.-]{1,64}$/
const aliasExpected = "up to 64 letters, digits, dots, dashes and underscores"

/** The keys with one of them added or replaced; a provider has one default key. */
const withKey = (keys: ReadonlyArray<WrittenKey>, key: WrittenKey): ReadonlyArray<WrittenKey> =>
  withItem(
    keys.map((other) =>
      key.isDefault && other.provider === key.provider && other.isDefault
        ? { ...other, isDefault: false }
        : other
    ),
    key.id,
    key,
  )

const aliasTaken = (
  { keys }: Pick<WrittenGateway, "keys">,
  { id, provider, alias }: Pick<WrittenKey, "id" | "provider" | "alias">,
): GatewayError | undefined =>
  keys.some((key) => key.id !== id && key.provider === provider && key.alias === alias)
    ? adminConflict(
      `There is a key "${alias}" of ${provider} already. Delete it first, or choose another alias.`,
    )
    : undefined

/** Creates a key; there is one for each provider and alias. */
export const createConfig = async (context: WriteContext): Handled => {
  const { body, written, route } = context
  const members = openMembers(body)
  members.require("provider_slug", "baseten or custom-{slug}")
  members.require("alias", "a name, by which cf-aig-byok-alias chooses the key")
  const provider = members.matching(
    "provider_slug",
    /^(?:baseten|custom-[a-z0-9-]{1,64})$/,
    "baseten or custom-{slug}",
  ) ?? ""
  const alias = members.matching("alias", aliasForm, aliasExpected) ?? ""
  const isDefault = members.boolean("default_config") ?? alias === "default"
  for (const name of ["rate_limit", "rate_limit_period"]) {
    if (members.any(name)) members.refuse(`${name}: not supported; use the gateway's rate_limits`)
  }
  const secret = members.text("secret")
  const secretId = members.text("secret_id", 256)
  const problem = members.problem()
  if (problem !== undefined) return Result.fail(problem)
  const kept = await secretIn(context, secret, secretId)
  if (Result.isFailure(kept)) return Result.fail(kept.failure)
  const { reference, secret: sealed } = kept.success
  const id = crypto.randomUUID()
  return await written.change({
    ...placeOf(context),
    secrets: sealed === undefined ? [] : [sealed],
    edit: ({ document, version, now }) => {
      const found = gatewayToChange(context, document)
      if (Result.isFailure(found)) return Result.fail(found.failure)
      const gateway = found.success
      const taken = aliasTaken(gateway, { id, provider, alias })
      if (taken !== undefined) return Result.fail(taken)
      const key: WrittenKey = {
        id,
        version,
        provider,
        alias,
        isDefault,
        secret: reference,
        created_at: now,
        modified_at: now,
      }
      const shown = keyJson(route.gateway, key, document)
      return Result.succeed({
        document: withKeys(document, gateway, withKey(gateway.keys, key)),
        action: "create",
        id,
        before: null,
        after: shown,
        answer: () => showing(shown, key),
      })
    },
  })
}

/** Replaces a key's secret, its alias, or whether it is the default: in one step, so that no call is without a key. */
export const changeConfig = async (context: WriteContext): Handled => {
  const { body, written, route: { gateway: gatewayId, item: id } } = context
  const members = openMembers(body)
  const alias = members.matching("alias", aliasForm, aliasExpected)
  const isDefault = members.boolean("default_config")
  const secret = members.text("secret")
  const secretId = members.text("secret_id", 256)
  const problem = members.problem()
  if (problem !== undefined) return Result.fail(problem)
  const given = secret === undefined && secretId === undefined
    ? Result.succeed(undefined)
    : await secretIn(context, secret, secretId)
  if (Result.isFailure(given)) return Result.fail(given.failure)
  const kept = given.success
  return await written.change({
    ...placeOf(context),
    secrets: kept?.secret === undefined ? [] : [kept.secret],
    edit: ({ document, version, now }) => {
      const found = gatewayToChange(context, document)
      if (Result.isFailure(found)) return Result.fail(found.failure)
      const gateway = found.success
      const before = gateway.keys.find((key) => key.id === id)
      if (before === undefined) return Result.fail(noConfig(id))
      const shown = keyJson(gatewayId, before, document)
      const changed = unlessChanged(context.ifMatch, before, () => shown)
      if (changed !== undefined) return Result.succeed(changed)
      const key: WrittenKey = {
        ...before,
        version,
        modified_at: now,
        alias: alias ?? before.alias,
        isDefault: isDefault ?? before.isDefault,
        secret: kept?.reference ?? before.secret,
      }
      const taken = aliasTaken(gateway, key)
      if (taken !== undefined) return Result.fail(taken)
      const after = keyJson(gatewayId, key, document)
      return Result.succeed({
        document: withKeys(document, gateway, withKey(gateway.keys, key)),
        action: "update",
        id,
        before: shown,
        after,
        answer: () => showing(after, key),
      })
    },
  })
}

/** Deletes a key, and its secret with it unless another config uses that. */
export const deleteConfig = (context: WriteContext): Handled => {
  const { gateway: gatewayId, item: id } = context.route
  return context.written.change({
    ...placeOf(context),
    edit: ({ document }) => {
      const found = gatewayToChange(context, document)
      if (Result.isFailure(found)) return Result.fail(found.failure)
      const gateway = found.success
      const key = gateway.keys.find((one) => one.id === id)
      if (key === undefined) return Result.fail(noConfig(id))
      const shown = keyJson(gatewayId, key, document)
      const changed = unlessChanged(context.ifMatch, key, () => shown)
      if (changed !== undefined) return Result.succeed(changed)
      return Result.succeed({
        document: withKeys(document, gateway, withItem(gateway.keys, id, undefined)),
        action: "delete",
        id,
        before: shown,
        after: null,
        answer: () => envelope(shown),
      })
    },
  })
}
