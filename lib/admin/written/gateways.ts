/**
 * Creates, replaces, changes and deletes written gateways.
 *
 * @module
 */
import * as Result from "effect/Result"
import { adminBadRequest, adminConflict } from "../../errors/admin-errors.ts"
import type { GatewayError } from "../../errors.ts"
import type { JsonObject } from "../../json/parse.ts"
import type { Edited, Editing } from "../../settings-store/change.ts"
import { findGateway, withGateway, type WrittenGateway } from "../../settings-store/document.ts"
import { envelope } from "../envelope.ts"
import { tagged, unlessChanged } from "./answers.ts"
import { gatewayToChange, type Handled, unlessDeclared, type WriteContext } from "./context.ts"
import { type GatewayBody, readGatewayBody } from "./gateway-settings-body.ts"
import { type GatewayLists, readLists, withLists } from "./gateway-lists.ts"
import { shownGateway, writtenJson } from "./shown-gateway.ts"

const kind = "gateway" as const

/** The most gateways: each change decodes all of them. */
const mostGateways = 1000

/** As a key, `__proto__` would set the prototype. */
const isId = (id: unknown): id is string =>
  typeof id === "string" && /^[\w-]{1,64}$/.test(id) && id !== "__proto__"

const placeOf = ({ route: { account }, author }: WriteContext, gateway: string) => ({
  kind,
  author,
  account,
  gateway,
})

const kept = (members: ReadonlyMap<string, unknown>, before: JsonObject = {}): JsonObject =>
  Object.fromEntries(
    [...new Map([...Object.entries(before), ...members])].filter(([, value]) => value !== undefined),
  )

/** A gateway with tokens requires authentication, and goes on to do so when the last one is removed. */
const closed = (settings: JsonObject, lists: GatewayLists): JsonObject =>
  lists.tokens === undefined ? settings : { authentication: true, ...settings }

/** The answer to a successful change. */
const answerOf = (context: WriteContext, { account, id }: WrittenGateway) => (): Response => {
  const { settings, control } = context
  const shown = shownGateway(settings, control, context.written.inForce(), account, id)
  return shown === undefined ? envelope(null) : tagged(envelope(shown.json), shown.version)
}

/** Creates a gateway. */
export const addGateway = async (context: WriteContext): Handled => {
  const { body, written, document, route: { account } } = context
  const { id } = body
  if (!isId(id)) {
    return Result.fail(adminBadRequest("id: expected 1 to 64 letters, digits, dashes and underscores."))
  }
  const declared = unlessDeclared(context, id)
  if (Result.isFailure(declared)) return Result.fail(declared.failure)
  const read = await readGatewayBody(written, document, body, {}, {})
  if (Result.isFailure(read)) return Result.fail(read.failure)
  const lists = await readLists(context, read.success.lists)
  if (Result.isFailure(lists)) return Result.fail(lists.failure)
  const { settings, noted, secrets } = read.success
  return await written.change({
    ...placeOf(context, id),
    secrets: [...secrets, ...lists.success.secrets],
    edit: ({ document, version, now }) => {
      if (findGateway(document, account, id) !== undefined) {
        return Result.fail(adminConflict(
          `There is a gateway "${account}/${id}" already. Change it with PUT or PATCH …/gateways/${id}.`,
        ))
      }
      if (document.gateways.length >= mostGateways) {
        return Result.fail(adminConflict(`There are ${mostGateways} gateways already. Delete one first.`))
      }
      const bare: WrittenGateway = {
        id,
        account,
        version,
        created_at: now,
        modified_at: now,
        settings: closed(kept(settings), lists.success),
        noted: kept(noted),
        tokens: [],
        routes: [],
        keys: [],
      }
      const gateway = withLists(bare, lists.success, { now, version })
      return Result.succeed({
        document: withGateway(document, account, id, gateway),
        action: "create",
        id,
        before: null,
        after: writtenJson(gateway, document),
        answer: answerOf(context, gateway),
      })
    },
  })
}

type EditGateway = (before: WrittenGateway, editing: Editing) => WrittenGateway | undefined

const edited = (
  context: WriteContext,
  editing: Editing,
  action: string,
  edit: EditGateway,
): Result.Result<Edited | Response, GatewayError> => {
  const { settings, control, ifMatch, route: { account, gateway: id } } = context
  const { document } = editing
  return Result.map(gatewayToChange(context, document), (before) => {
    const shown = () => shownGateway(settings, control, document, account, id)?.json ?? null
    const changed = unlessChanged(ifMatch, before, shown)
    if (changed !== undefined) return changed
    const after = edit(before, editing)
    const last = shown()
    return {
      document: withGateway(document, account, id, after),
      action,
      id,
      before: writtenJson(before, document),
      after: after === undefined ? null : writtenJson(after, document),
      answer: after === undefined ? () => envelope(last) : answerOf(context, after),
    }
  })
}

/** The settings after a change: members that the body lacks are removed by `PUT`, and kept by `PATCH`. */
const settingsAfter = (method: string, before: WrittenGateway, { settings, noted }: GatewayBody) => {
  if (method === "PATCH") {
    return { settings: kept(settings, before.settings), noted: kept(noted, before.noted) }
  }
  // A body that does not mention authentication must not open the gateway to everybody.
  const { authentication } = before.settings
  const closing = authentication === undefined ? {} : { authentication }
  return { settings: { ...closing, ...kept(settings) }, noted: kept(noted) }
}

/** Replaces a gateway's settings (PUT), or some of them (PATCH). Lists that the body lacks stay unchanged. */
export const changeGateway = async (context: WriteContext): Handled => {
  const { body, method, written, document, settings, control, route: { account, gateway: id } } = context
  const found = gatewayToChange(context, document)
  if (Result.isFailure(found)) return Result.fail(found.failure)
  if (Object.hasOwn(body, "id") && body["id"] !== id) {
    return Result.fail(adminBadRequest(`id: expected "${id}": a gateway keeps its id.`))
  }
  const shown: JsonObject = shownGateway(settings, control, document, account, id)?.json ?? {}
  const read = await readGatewayBody(written, document, body, shown, found.success.settings)
  if (Result.isFailure(read)) return Result.fail(read.failure)
  const lists = await readLists(context, read.success.lists)
  if (Result.isFailure(lists)) return Result.fail(lists.failure)
  return await written.change({
    ...placeOf(context, id),
    secrets: [...read.success.secrets, ...lists.success.secrets],
    edit: (editing) =>
      edited(context, editing, "update", (before, { now, version }) => {
        const after = settingsAfter(method, before, read.success)
        return withLists(
          {
            ...before,
            ...after,
            settings: closed(after.settings, lists.success),
            version,
            modified_at: now,
          },
          lists.success,
          { now, version },
        )
      }),
  })
}

/** Deletes a gateway with everything that belongs to it; its answer shows it for the last time. */
export const deleteGateway = (context: WriteContext): Handled =>
  context.written.change({
    ...placeOf(context, context.route.gateway),
    edit: (editing) => edited(context, editing, "delete", () => undefined),
  })
