/**
 * The tokens of a written gateway: made, listed, changed, rotated, revoked.
 *
 * @module
 */
import * as Result from "effect/Result"
import { adminConflict, adminNotFound } from "../../errors/admin-errors.ts"
import type { GatewayError } from "../../errors.ts"
import type { Editing } from "../../settings-store/change.ts"
import {
  findGateway,
  withGateway,
  withItem,
  type WrittenGateway,
  type WrittenToken,
} from "../../settings-store/document.ts"
import { envelope } from "../envelope.ts"
import { listing, pageOf, showing, tagged, unlessChanged } from "./answers.ts"
import { gatewayToChange, type Handled, type WriteContext } from "./context.ts"
import { openMembers } from "./members.ts"
import {
  declaredTokens,
  hashed,
  newTokenText,
  optionsOf,
  tokenJson,
  tokenName,
  valueOf,
} from "./token-options.ts"

const kind = "token" as const

const noToken = (id: string): GatewayError =>
  adminNotFound(`This gateway has no token with the id ${id} that was written through the API.`)

const placeOf = ({ route: { account, gateway }, author }: WriteContext) => ({
  kind,
  author,
  account,
  gateway,
})

/** The gateway with a token replaced, added, or taken out. Whoever has had tokens is not left open without them. */
const withToken = (
  { document, version, now }: Editing,
  gateway: WrittenGateway,
  id: string,
  token: Omit<WrittenToken, "version" | "modified_at"> | undefined,
) =>
  withGateway(document, gateway.account, gateway.id, {
    ...gateway,
    settings: { authentication: true, ...gateway.settings },
    tokens: withItem(gateway.tokens, id, token && { ...token, version, modified_at: now }),
  })

/** Lists the tokens by name: the written ones, or those that the settings declare, which cannot be changed here. */
export const listTokens = (context: WriteContext): Result.Result<Response, GatewayError> => {
  const { document, search, settings, control, route: { account, gateway } } = context
  const isDeclared = control.declaredAt(account, gateway) !== undefined
  const written = isDeclared ? undefined : findGateway(document, account, gateway)
  const tokens = written === undefined
    ? declaredTokens(settings.gateway(account, gateway))
    : written.tokens.map(tokenJson)
  return Result.map(
    pageOf(search, tokens, (parameters) => {
      const text = parameters.text("search", 64) ?? ""
      return ({ name }) => name.includes(text)
    }),
    (page) => listing(page, (token) => token),
  )
}

/** A token with its value, which is shown this once. */
const withValue = (token: WrittenToken, value: string | null): Response =>
  tagged(envelope({ ...tokenJson(token), token: value }), token.version)

/** Makes a token. */
export const createToken = async (context: WriteContext): Handled => {
  const { body, written } = context
  const members = openMembers(body)
  members.require("name", "a name, which stands in the log")
  const name = tokenName(members) ?? ""
  const given = members.text("token", 600)
  const options = optionsOf(members)
  const problem = members.problem()
  if (problem !== undefined) return Result.fail(problem)
  const text = given ?? newTokenText()
  const value = given === undefined
    ? Result.succeed(await hashed(text))
    : await valueOf(context, "token", given)
  if (Result.isFailure(value)) return Result.fail(value.failure)
  const id = crypto.randomUUID()
  return await written.change({
    ...placeOf(context),
    edit: (editing) => {
      const found = gatewayToChange(context, editing.document)
      if (Result.isFailure(found)) return Result.fail(found.failure)
      const gateway = found.success
      if (gateway.tokens.some((token) => token.name === name)) {
        return Result.fail(adminConflict(
          `There is a token "${name}" already. Rotate it with POST …/tokens/{id}/rotate, or choose another name.`,
        ))
      }
      const { now, version } = editing
      const token = { id, name, options, values: [value.success], created_at: now, modified_at: now, version }
      return Result.succeed({
        document: withToken(editing, gateway, id, token),
        action: "create",
        id,
        before: null,
        after: tokenJson(token),
        answer: () => withValue(token, given === undefined ? text : null),
      })
    },
  })
}

/** Shows a token. */
export const showToken = ({ document, route: { account, gateway, item } }: WriteContext) => {
  const token = findGateway(document, account, gateway)?.tokens.find(({ id }) => id === item)
  return token === undefined ? Result.fail(noToken(item)) : Result.succeed(showing(tokenJson(token), token))
}

/** Changes the token of a request, or takes it out. */
const editToken = (
  context: WriteContext,
  action: string,
  edit: (token: WrittenToken, gateway: WrittenGateway, editing: Editing) => Result.Result<
    Omit<WrittenToken, "version" | "modified_at"> | undefined,
    GatewayError
  >,
  answer: (token: WrittenToken) => Response = (token) => showing(tokenJson(token), token),
): Handled => {
  const { item: id } = context.route
  return context.written.change({
    ...placeOf(context),
    edit: (editing) => {
      const found = gatewayToChange(context, editing.document)
      if (Result.isFailure(found)) return Result.fail(found.failure)
      const gateway = found.success
      const before = gateway.tokens.find((token) => token.id === id)
      if (before === undefined) return Result.fail(noToken(id))
      const changed = unlessChanged(context.ifMatch, before, () => tokenJson(before))
      if (changed !== undefined) return Result.succeed(changed)
      return Result.map(edit(before, gateway, editing), (token) => {
        const after = token && { ...token, version: editing.version, modified_at: editing.now }
        return {
          document: withToken(editing, gateway, id, token),
          action,
          id,
          before: tokenJson(before),
          after: after === undefined ? null : tokenJson(after),
          answer: () => after === undefined ? envelope(tokenJson(before)) : answer(after),
        }
      })
    },
  })
}

/** Changes what a token may do, or its name. */
export const changeToken = async (context: WriteContext): Handled => {
  const members = openMembers(context.body)
  const name = tokenName(members)
  optionsOf(members)
  const problem = members.problem()
  if (problem !== undefined) return Result.fail(problem)
  return await editToken(context, "update", (token, gateway) => {
    if (name !== undefined && gateway.tokens.some((other) => other.name === name && other.id !== token.id)) {
      return Result.fail(adminConflict(`There is a token "${name}" already. Choose another name.`))
    }
    return Result.succeed({ ...token, name: name ?? token.name, options: optionsOf(members, token.options) })
  })
}

/** Revokes a token: the next request with it is refused. */
export const revokeToken = (context: WriteContext): Handled =>
  editToken(context, "delete", () => Result.succeed(undefined))

/** How many values a token has at most while it is rotated again and again. */
const mostValues = 5

/** Gives a token a new value; the one of before is valid for `overlap` seconds more. */
export const rotateToken = async (context: WriteContext): Handled => {
  const members = openMembers(context.body)
  const overlap = members.integer("overlap", 0, 31_622_400) ?? 0
  const problem = members.problem()
  if (problem !== undefined) return Result.fail(problem)
  const text = newTokenText()
  const value = await hashed(text)
  return await editToken(context, "rotate", (token, _, { now }) => {
    const end = Date.parse(now) + 1000 * overlap
    const until = new Date(end).toISOString()
    const old = token.values
      .map((one) => one.until !== null && Date.parse(one.until) <= end ? one : { ...one, until })
      .filter((one) => Date.parse(one.until ?? now) > Date.parse(now))
    return Result.succeed({ ...token, values: [value, ...old].slice(0, mostValues) })
  }, (token) => withValue(token, text))
}
