/**
 * Baseten's list of models, in Cloudflare's form or only with those that a token may use.
 *
 * @module
 */
import { allowsAlias, allowsModel } from "../config/model-globs.ts"
import type { ModelAlias } from "../config/model-aliases.ts"
import type { HeaderFields } from "../headers/header-fields.ts"
import { strictJson } from "../json/exact-json.ts"
import { parseBytes } from "../json/members.ts"
import { compatModels } from "../route/compat-models.ts"
import { describeRewritten, type WholeRewrite } from "./whole-rewrite.ts"
import type { Call } from "./call.ts"

/** How to change a list. */
interface ListForm {
  readonly compat: boolean
  /** The aliases that are listed in addition to Baseten's models. */
  readonly aliases: Iterable<ModelAlias>
  /** What the caller's token may use; `undefined` if that is not restricted. */
  readonly globs: ReadonlyArray<string> | undefined
}

/** How to change the answer to a call; `undefined` if it is not a list, or stays unchanged. */
export const listForm = (
  { caller: { token }, gateway, target: { route } }: Call,
): WholeRewrite | undefined => {
  const globs = route.compatModels || route.name === "models" ? token?.models : undefined
  if (!route.compatModels && globs === undefined) return undefined
  return {
    // A list that cannot be read must not bypass the restriction.
    isRequired: globs !== undefined,
    rewrite: (bytes, headers) => {
      const form = { compat: route.compatModels, aliases: gateway.aliases.values(), globs }
      return listOfModels(form, bytes, headers)
    },
  }
}

const idOf = (model: unknown): unknown =>
  typeof model === "object" && model !== null && "id" in model ? model.id : undefined

/** The models of a list that globs allow; none of anything else. */
const restricted = (list: unknown, globs: ReadonlyArray<string>): object => {
  const isList = typeof list === "object" && list !== null && "data" in list && Array.isArray(list.data)
  const models: ReadonlyArray<unknown> = isList ? list.data as Array<unknown> : []
  const data = models.filter((model) => {
    const id = idOf(model)
    return typeof id === "string" && allowsModel(globs, "baseten", id)
  })
  return { object: "list", ...(isList && list), data }
}

/** The list as the client gets it. An answer in an unknown form is passed on unchanged, unless models are restricted. */
const listOfModels = (
  { compat, aliases, globs }: ListForm,
  bytes: Uint8Array<ArrayBuffer>,
  headers: HeaderFields,
): Uint8Array<ArrayBuffer> => {
  const parsed = parseBytes(bytes)
  const seen = globs === undefined ? parsed : restricted(parsed, globs)
  const names = [...aliases].map(({ name }) => name).filter((name) => !globs || allowsAlias(globs, name))
  const list = compat ? compatModels(seen, names) : seen as object
  if (list === undefined) return bytes
  describeRewritten(headers)
  return new TextEncoder().encode(strictJson(list))
}
