/**
 * Creates, lists, changes, rotates and revokes the tokens of a written gateway.
 *
 * @module
 */
import * as Result from "effect/Result"
import { adminConflict, adminNotFound } from "../../errors/admin-errors.ts"
import type { GatewayError } from "../../errors.ts"
import { newTokenText } from "../../redaction/token-form.ts"
import { findGateway, type WrittenToken } from "../../settings-store/document.ts"
import { envelope } from "../envelope.ts"
import { listing, pageOf, showing, tagged } from "./answers.ts"
import type { Handled, WriteContext } from "./context.ts"
import { createMember, editMember, type MemberKind, memberOf } from "./edit-member.ts"
import { openMembers } from "./body-members.ts"
import { declaredTokens, hashed, tokenJson, tokenName, tokenOptions, tokenValue } from "./token-options.ts"

/** The written tokens of a gateway. A gateway that has had tokens still requires authentication without them. */
const tokens: MemberKind<WrittenToken> = {
  kind: "token",
  of: (gateway) => gateway.tokens,
  within: (gateway, tokens) => ({
    ...gateway,
    settings: { authentication: true, ...gateway.settings },
    tokens,
  }),
  show: tokenJson,
  missing: (id) =>
    adminNotFound(`This gateway has no written token with the id ${id}. GET …/tokens lists those it has.`),
}

/** Lists the tokens by name: the written ones, or the declared ones, which cannot be changed here. */
export const listTokens = (context: WriteContext): Result.Result<Response, GatewayError> => {
  const { document, search, settings, control, route: { account, gateway } } = context
  const isDeclared = control.declaredAt(account, gateway) !== undefined
  const written = isDeclared ? undefined : findGateway(document, account, gateway)
  const shown = written === undefined
    ? declaredTokens(settings.gateway(account, gateway))
    : written.tokens.map(tokenJson)
  return Result.map(
    pageOf(search, shown, (parameters) => {
      const text = parameters.text("search", 64) ?? ""
      return ({ name }) => name.includes(text)
    }),
    (page) => listing(page, (token) => token),
  )
}

/** A token with its value, which is shown only this once. */
const withValue = (token: WrittenToken, value: string | null): Response =>
  tagged(envelope({ ...tokenJson(token), token: value }), token.version)

/** Creates a token. */
export const createToken = async (context: WriteContext): Handled => {
  const members = openMembers(context.body)
  members.require("name", "a name, which the log shows")
  const name = tokenName(members) ?? ""
  const given = members.text("token", 600)
  const options = tokenOptions(members)
  const problem = members.problem()
  if (problem !== undefined) return Result.fail(problem)
  const text = given ?? newTokenText()
  const value = given === undefined
    ? Result.succeed(await hashed(text))
    : await tokenValue(context, "token", given)
  if (Result.isFailure(value)) return Result.fail(value.failure)
  return await createMember(
    tokens,
    context,
    (gateway, { now, version }) =>
      gateway.tokens.some((token) => token.name === name)
        ? Result.fail(adminConflict(
          `There is a token "${name}" already. Rotate it with POST …/tokens/{id}/rotate, or choose another name.`,
        ))
        : Result.succeed({
          id: crypto.randomUUID(),
          name,
          options,
          values: [value.success],
          created_at: now,
          modified_at: now,
          version,
        }),
    (token) => withValue(token, given === undefined ? text : null),
  )
}

/** Shows a token. */
export const showToken = (context: WriteContext): Result.Result<Response, GatewayError> =>
  Result.map(memberOf(tokens, context), (token) => showing(tokenJson(token), token))

/** Changes a token's name or permissions. */
export const changeToken = async (context: WriteContext): Handled => {
  const members = openMembers(context.body)
  const name = tokenName(members)
  tokenOptions(members)
  const problem = members.problem()
  if (problem !== undefined) return Result.fail(problem)
  return await editMember(tokens, context, "update", (token, gateway) => {
    if (name !== undefined && gateway.tokens.some((other) => other.name === name && other.id !== token.id)) {
      return Result.fail(adminConflict(`There is a token "${name}" already. Choose another name.`))
    }
    return Result.succeed({
      ...token,
      name: name ?? token.name,
      options: tokenOptions(members, token.options),
    })
  })
}

/** Revokes a token: the next request with it is refused. */
export const revokeToken = (context: WriteContext): Handled =>
  editMember(tokens, context, "delete", () => Result.succeed(undefined))

/** The most values of a token that is rotated repeatedly. */
const mostValues = 5

/** Gives a token a new value; the previous one stays valid for `overlap` seconds. */
export const rotateToken = async (context: WriteContext): Handled => {
  const members = openMembers(context.body)
  const overlap = members.integer("overlap", 0, 31_622_400) ?? 0
  const problem = members.problem()
  if (problem !== undefined) return Result.fail(problem)
  const text = newTokenText()
  const value = await hashed(text)
  return await editMember(tokens, context, "rotate", (token, _, { now }) => {
    const end = Date.parse(now) + 1000 * overlap
    const until = new Date(end).toISOString()
    const old = token.values
      .map((one) => one.until !== null && Date.parse(one.until) <= end ? one : { ...one, until })
      .filter((one) => Date.parse(one.until ?? now) > Date.parse(now))
    return Result.succeed({ ...token, values: [value, ...old].slice(0, mostValues) })
  }, (token) => withValue(token, text))
}
