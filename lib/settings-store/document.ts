/**
 * The document of everything that is written through the management API.
 *
 * @module
 */
import type { JsonObject } from "../json/parse.ts"
import type { WrittenDataset, WrittenEvaluation, WrittenJudge } from "./evaluation-document.ts"

/** What all written things have in common. */
export interface Written {
  readonly id: string
  /** The document's version at its last change, from which its `ETag` is made. */
  readonly version: number
  readonly created_at: string
  readonly modified_at: string
}

/** A gateway. */
export interface WrittenGateway extends Written {
  readonly account: string
  /** The entry as in a settings file, without what the lists below hold. */
  readonly settings: JsonObject
  /** Cloudflare's fields that have no meaning here, and are shown as they were written. */
  readonly noted: JsonObject
  readonly tokens: ReadonlyArray<WrittenToken>
  readonly routes: ReadonlyArray<WrittenRoute>
  readonly keys: ReadonlyArray<WrittenKey>
}

/** A token, which has two values while it is rotated. */
export interface WrittenToken extends Written {
  readonly name: string
  /** The other settings of a token: `models`, `expires`, `metadata`, limits. */
  readonly options: JsonObject
  /** The newest first. */
  readonly values: ReadonlyArray<TokenValue>
}

/** A token's value: `sha256:…` or `env:NAME`. */
export interface TokenValue {
  readonly token: string
  /** Its last characters, for people; `null` if only its digest is known. */
  readonly preview: string | null
  /** When a rotation invalidates it, as an ISO date. */
  readonly until: string | null
}

/** A dynamic route with its history. */
export interface WrittenRoute extends Written {
  readonly name: string
  /** The newest first. */
  readonly versions: ReadonlyArray<RouteVersion>
  /** The newest first, which is in force. */
  readonly deployments: ReadonlyArray<RouteDeployment>
}

/** The elements of a route at some time. */
export interface RouteVersion {
  readonly version_id: string
  readonly created_at: string
  readonly elements: ReadonlyArray<unknown>
  readonly comment: string | null
}

/** A version that was put in force. */
export interface RouteDeployment {
  readonly deployment_id: string
  readonly version_id: string
  readonly created_at: string
  readonly comment: string | null
}

/** A provider's key. */
export interface WrittenKey extends Written {
  readonly provider: string
  readonly alias: string
  /** Whether it is used unless a request names another. */
  readonly isDefault: boolean
  /** `sealed:{id}` or `env:NAME`. */
  readonly secret: string
}

/** A custom provider of an account, for all of its written gateways. */
export interface WrittenProvider extends Written {
  readonly account: string
  readonly slug: string
  readonly enable: boolean
  /** As in a settings file, with references in place of secret headers. */
  readonly settings: JsonObject
  /** Descriptive fields: `name`, `description`, `link`, … */
  readonly noted: JsonObject
}

/** A secret, encrypted with a key of `BASEGATE_SECRET_KEY`. */
export interface SealedSecret {
  readonly account: string
  readonly sealed: string
  readonly preview: string
}

/** Everything that is written. */
export interface WrittenDocument {
  readonly format: 1
  readonly gateways: ReadonlyArray<WrittenGateway>
  readonly providers: ReadonlyArray<WrittenProvider>
  /** Absent in older documents. */
  readonly datasets?: ReadonlyArray<WrittenDataset>
  readonly evaluations?: ReadonlyArray<WrittenEvaluation>
  readonly judges?: ReadonlyArray<WrittenJudge>
  /** By id; `sealed:{id}` refers to one. */
  readonly secrets: Readonly<Record<string, SealedSecret>>
}

/** The document before anything is written. */
export const emptyDocument: WrittenDocument = { format: 1, gateways: [], providers: [], secrets: {} }

/** Parses a stored text. Throws if its format is not known. */
export const parseDocument = (text: string): WrittenDocument => {
  if (text === "") return emptyDocument
  const document = JSON.parse(text) as WrittenDocument
  if (document.format !== 1) throw new Error("it was written by a later basegate")
  return document
}

/** The text to store, without secrets that are no longer referred to. */
export const documentText = ({ secrets, ...document }: WrittenDocument): string => {
  const text = JSON.stringify(document)
  const used = new Set([...text.matchAll(/"sealed:([\w-]+)"/g)].map(([, id]) => id))
  const kept = Object.entries(secrets).filter(([id]) => used.has(id))
  return JSON.stringify({ ...document, secrets: Object.fromEntries(kept) })
}

/** A gateway of a document. */
export const findGateway = (
  { gateways }: WrittenDocument,
  account: string,
  id: string,
): WrittenGateway | undefined => gateways.find((gateway) => gateway.account === account && gateway.id === id)

/** The list with an item replaced, appended, or removed (`undefined`). */
export const withItem = <Item extends Written>(
  items: ReadonlyArray<Item>,
  id: string,
  item: Item | undefined,
): ReadonlyArray<Item> => {
  if (item === undefined) return items.filter((other) => other.id !== id)
  return items.some((other) => other.id === id)
    ? items.map((other) => other.id === id ? item : other)
    : [...items, item]
}

/** The document with a gateway replaced, added, or removed (`undefined`). */
export const withGateway = (
  document: WrittenDocument,
  account: string,
  id: string,
  gateway: WrittenGateway | undefined,
): WrittenDocument => {
  const others = document.gateways.filter((other) => other.account !== account || other.id !== id)
  if (gateway === undefined) {
    const isKept = (one: WrittenDataset | WrittenEvaluation) => one.account !== account || one.gateway !== id
    const { datasets = [], evaluations = [] } = document
    return {
      ...document,
      gateways: others,
      datasets: datasets.filter(isKept),
      evaluations: evaluations.filter(isKept),
    }
  }
  const isKnown = others.length < document.gateways.length
  return {
    ...document,
    gateways: isKnown
      ? document.gateways.map((other) => other.account === account && other.id === id ? gateway : other)
      : [...others, gateway],
  }
}
