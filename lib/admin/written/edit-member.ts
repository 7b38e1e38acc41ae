/**
 * Creates, changes and deletes members of a written gateway's lists: tokens and dynamic routes.
 *
 * @module
 */
import * as Result from "effect/Result"
import type { GatewayError } from "../../errors.ts"
import type { AuditedKind } from "../../settings-store/audit-entry.ts"
import type { Edited, Editing } from "../../settings-store/change.ts"
import {
  findGateway,
  withGateway,
  withItem,
  type Written,
  type WrittenGateway,
} from "../../settings-store/document.ts"
import { envelope } from "../envelope.ts"
import { showing, unlessChanged } from "./answers.ts"
import { gatewayToChange, type Handled, type WriteContext } from "./context.ts"

type Place = Pick<WrittenGateway, "account" | "id">

/** A kind of member. */
export interface MemberKind<Item extends Written> {
  /** Its name in the audit. */
  readonly kind: AuditedKind
  readonly of: (gateway: WrittenGateway) => ReadonlyArray<Item>
  /** The gateway with its members of this kind replaced. */
  readonly within: (gateway: WrittenGateway, items: ReadonlyArray<Item>) => WrittenGateway
  readonly show: (item: Item, gateway: Place) => unknown
  /** The error for an unknown id. */
  readonly missing: (id: string) => GatewayError
}

/** The gateway of a request. */
export const placed = ({ route: { account, gateway } }: Pick<WriteContext, "route">): Place => ({
  account,
  id: gateway,
})

/** The written members of the request's gateway. */
export const membersOf = <Item extends Written>(
  { of }: MemberKind<Item>,
  { document, route: { account, gateway } }: Pick<WriteContext, "document" | "route">,
): ReadonlyArray<Item> => {
  const found = findGateway(document, account, gateway)
  return found === undefined ? [] : of(found)
}

/** The member in the request's path. */
export const memberOf = <Item extends Written>(
  kind: MemberKind<Item>,
  context: Pick<WriteContext, "document" | "route">,
): Result.Result<Item, GatewayError> => {
  const { item: id } = context.route
  const item = membersOf(kind, context).find((one) => one.id === id)
  return item === undefined ? Result.fail(kind.missing(id)) : Result.succeed(item)
}

type Edit = (gateway: WrittenGateway, editing: Editing) => Result.Result<Edited | Response, GatewayError>

const changing = (context: WriteContext, kind: AuditedKind, edit: Edit): Handled => {
  const { written, author, route: { account, gateway } } = context
  return written.change({
    kind,
    author,
    account,
    gateway,
    edit: (editing) =>
      Result.flatMap(gatewayToChange(context, editing.document), (gateway) => edit(gateway, editing)),
  })
}

const documentWith = <Item extends Written>(
  { of, within }: MemberKind<Item>,
  { document }: Editing,
  gateway: WrittenGateway,
  id: string,
  item: Item | undefined,
) => withGateway(document, gateway.account, gateway.id, within(gateway, withItem(of(gateway), id, item)))

/** Creates a member. */
export const createMember = <Item extends Written>(
  kind: MemberKind<Item>,
  context: WriteContext,
  make: (gateway: WrittenGateway, editing: Editing) => Result.Result<Item, GatewayError>,
  answer?: (item: Item) => Response,
): Handled =>
  changing(context, kind.kind, (gateway, editing) =>
    Result.map(make(gateway, editing), (item) => {
      const shown = kind.show(item, gateway)
      return {
        document: documentWith(kind, editing, gateway, item.id, item),
        action: "create",
        id: item.id,
        before: null,
        after: shown,
        answer: () => answer?.(item) ?? showing(shown, item),
      }
    }))

/**
 * Changes or removes the member in the request's path.
 *
 * @param edit returns the new member, without its version and time; `undefined` removes it
 */
export const editMember = <Item extends Written>(
  kind: MemberKind<Item>,
  context: WriteContext,
  action: string,
  edit: (
    item: Item,
    gateway: WrittenGateway,
    editing: Editing,
  ) => Result.Result<Item | undefined, GatewayError>,
  answer?: (item: Item, gateway: WrittenGateway) => Response,
): Handled => {
  const { item: id } = context.route
  return changing(context, kind.kind, (gateway, editing) => {
    const before = kind.of(gateway).find((item) => item.id === id)
    if (before === undefined) return Result.fail(kind.missing(id))
    const shown = kind.show(before, gateway)
    const changed = unlessChanged(context.ifMatch, before, () => shown)
    if (changed !== undefined) return Result.succeed(changed)
    return Result.map(edit(before, gateway, editing), (edited) => {
      const item = edited && { ...edited, version: editing.version, modified_at: editing.now }
      return {
        document: documentWith(kind, editing, gateway, id, item),
        action,
        id,
        before: shown,
        after: item === undefined ? null : kind.show(item, gateway),
        answer: () =>
          item === undefined
            ? envelope(shown)
            : answer?.(item, gateway) ?? showing(kind.show(item, gateway), item),
      }
    })
  })
}
