/**
 * The document of settings: the entries of gateways, and what lies below each of them.
 *
 * @module
 */
import * as Schema from "effect/Schema"
import { decodeStrictly } from "../schema/decode-strictly.ts"
import { recordOf } from "../schema/expected.ts"
import { GatewayEntry } from "./gateway-entry.ts"

/** What the variable `BASEGATE_CONFIG`, a settings file, and `createGateway({ config })` hold. */
export const SettingsDocumentSchema = Schema.Struct({
  gateways: Schema.optionalKey(
    recordOf(
      '"{account_id}/{gateway_id}" or "*"',
      (id) => /^(\*|[\w-]{1,64}\/[\w-]{1,64})$/.test(id),
      GatewayEntry,
    ),
  ),
  defaults: Schema.optionalKey(GatewayEntry),
}).check(
  Schema.makeFilter(({ gateways, defaults }) =>
    (gateways ?? defaults) === undefined ? "Expected gateways, defaults, or both" : undefined
  ),
)

/** A decoded document. */
export type DecodedDocument = typeof SettingsDocumentSchema.Type

/** One gateway's entry, or the part of it that `defaults` give, as it is written. */
export type WrittenEntry = typeof GatewayEntry.Type

/** Decodes a document, or says everything that is wrong with it. */
export const decodeDocument = decodeStrictly(SettingsDocumentSchema)

/** Without settings every id is served, with the defaults of each setting. */
const everyId: Readonly<Record<string, WrittenEntry>> = { "*": {} }

/** The entries as they hold: each setting is the entry's own, else that of `defaults`, whole. */
export const effectiveEntries = (
  { gateways = everyId, defaults = {} }: DecodedDocument,
): ReadonlyMap<string, WrittenEntry> =>
  new Map(Object.entries(gateways).map(([id, entry]) => [id, { ...defaults, ...entry }]))
