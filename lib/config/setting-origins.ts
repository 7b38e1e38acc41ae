/**
 * Where each setting of a gateway comes from.
 *
 * @module
 */
import type { Declaration } from "./declaration.ts"
import type { DecodedDocument } from "./settings-document.ts"
import type { ManagedSettings } from "./SettingsControl.ts"

/** Where a setting stands; one that stands nowhere has its default. */
export interface SettingOrigin {
  /** The gateway's entry, or the `defaults` below all entries. */
  readonly from: "entry" | "defaults"
  /** A file or a variable, with the line if it has lines; `undefined` if it was written through the API. */
  readonly at: string | undefined
}

/** Where a gateway's settings come from. */
export interface GatewayOrigins {
  /** Its entry: declared in a file or a variable, written through the API, that of `*`, or none, as nothing is declared. */
  readonly entry: "declared" | "managed" | "shared" | "none"
  /** Where the entry is declared; `undefined` if it is not. */
  readonly at: string | undefined
  /** By the setting's name. */
  readonly settings: ReadonlyMap<string, SettingOrigin>
}

/** Where a part of a declaration stands. */
export const sourceLine = ({ source, positionOf }: Declaration, path: ReadonlyArray<string>): string => {
  const position = positionOf?.(path, "key")
  return position === undefined ? source : `${source}, line ${position.line}`
}

const membersOf = (entry: unknown): ReadonlyArray<string> => Object.keys(Object(entry) as object)

/** The origins of a gateway's settings. */
export const settingOrigins = (
  { declaration, document, managed }: {
    readonly declaration: Declaration
    readonly document: DecodedDocument
    readonly managed: ManagedSettings
  },
  id: string,
): GatewayOrigins => {
  const settings = new Map<string, SettingOrigin>()
  const note = (from: SettingOrigin["from"], path: ReadonlyArray<string>, entry: unknown): void => {
    for (const name of membersOf(entry)) {
      settings.set(name, { from, at: sourceLine(declaration, [...path, name]) })
    }
  }
  if (declaration.document !== undefined) note("defaults", ["defaults"], document.defaults)
  const declared = document.gateways?.[id]
  if (declared === undefined && Object.hasOwn(managed.gateways, id)) {
    for (const name of membersOf(managed.gateways[id])) settings.set(name, { from: "entry", at: undefined })
    return { entry: "managed", at: undefined, settings }
  }
  const key = declared === undefined ? "*" : id
  if (declaration.document === undefined) return { entry: "none", at: undefined, settings }
  note("entry", ["gateways", key], document.gateways?.[key])
  return {
    entry: declared === undefined ? "shared" : "declared",
    at: sourceLine(declaration, ["gateways", key]),
    settings,
  }
}
