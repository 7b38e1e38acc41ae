/**
 * Datasets: entries of a gateway's log, selected by filters. Declared gateways may have some too, since they are not
 * settings.
 *
 * @module
 */
import * as Result from "effect/Result"
import { adminBadRequest, adminConflict, adminNotFound } from "../../errors/admin-errors.ts"
import type { GatewayError } from "../../errors.ts"
import { isObject } from "../../json/parse.ts"
import type { LogFilter } from "../../request-log/query.ts"
import { withItem, type WrittenDocument } from "../../settings-store/document.ts"
import type { WrittenDataset } from "../../settings-store/evaluation-document.ts"
import { envelope } from "../envelope.ts"
import { filterOf } from "../parse-filter.ts"
import { listing, pageOf, showing, unlessChanged } from "./answers.ts"
import type { Handled, WriteContext } from "./context.ts"
import { openMembers } from "./body-members.ts"

/** The most datasets of a gateway: Cloudflare's limit. */
const mostDatasets = 10

/** The most filters of a dataset, as in a query. */
const mostFilters = 32

/** The datasets of the request's gateway. */
export const datasetsOf = (
  { datasets = [] }: WrittenDocument,
  { route: { account, gateway } }: Pick<WriteContext, "route">,
): ReadonlyArray<WrittenDataset> =>
  datasets.filter((dataset) => dataset.account === account && dataset.gateway === gateway)

/** A dataset in Cloudflare's form. */
export const datasetJson = (
  { id, account, gateway, name, enable, filters, created_at, modified_at }: WrittenDataset,
) => ({
  id,
  account_id: account,
  account_tag: account,
  gateway_id: gateway,
  name,
  enable,
  filters,
  created_at,
  modified_at,
})

/** The error for an unknown dataset. */
export const noDataset = (id: string): GatewayError =>
  adminNotFound(`This gateway has no dataset with the id ${id}. GET …/datasets lists those it has.`)

const filtersOf = (given: ReadonlyArray<unknown>): ReadonlyArray<LogFilter> | string => {
  if (given.length > mostFilters) return `filters: expected at most ${mostFilters}`
  const filters: Array<LogFilter> = []
  for (const one of given) {
    if (!isObject(one)) return "filters: expected objects of key, operator and value"
    const { key, operator, value } = one
    const filter = filterOf({ key, operator, values: Array.isArray(value) ? value : [value] })
    if (typeof filter === "string") return `filters: ${filter.replace(/\.$/, "")}`
    filters.push(filter)
  }
  return filters
}

/** Reads a dataset from a body, which must be complete, as at Cloudflare. */
const read = (
  { body }: WriteContext,
): Result.Result<Pick<WrittenDataset, "name" | "enable" | "filters">, GatewayError> => {
  const members = openMembers(body)
  members.require("name", "a name")
  const name = members.matching("name", /^\P{Cc}{1,100}$/u, "a name of 1 to 100 characters") ?? ""
  const enable = members.boolean("enable") ?? true
  members.require("filters", "a list of filters, which may be empty")
  const filters = filtersOf(members.list("filters") ?? [])
  if (typeof filters === "string") members.refuse(filters)
  const problem = members.problem()
  if (problem !== undefined || typeof filters === "string") {
    return Result.fail(problem ?? adminBadRequest("filters cannot be read."))
  }
  return Result.succeed({ name, enable, filters })
}

const placeOf = ({ route: { account, gateway }, author }: WriteContext) =>
  ({ kind: "dataset", author, account, gateway }) as const

/** The document with a dataset replaced, added or removed (`undefined`). */
const withDataset = (
  document: WrittenDocument,
  id: string,
  dataset: WrittenDataset | undefined,
): WrittenDocument => ({
  ...document,
  datasets: withItem(document.datasets ?? [], id, dataset),
})

/** Lists the datasets. `search` looks in ids, names and filters. */
export const listDatasets = (context: WriteContext): Result.Result<Response, GatewayError> =>
  Result.map(
    pageOf(context.search, datasetsOf(context.document, context), (parameters) => {
      const search = (parameters.text("search", 200) ?? "").toLowerCase()
      const name = parameters.text("name", 100)
      const enable = parameters.boolean("enable")
      return (dataset) =>
        (enable === undefined || dataset.enable === enable) &&
        (name === undefined || dataset.name === name) &&
        [dataset.id, dataset.name, JSON.stringify(dataset.filters)].some((text) =>
          text.toLowerCase().includes(search)
        )
    }),
    (page) => listing(page, datasetJson),
  )

/** The dataset in the request's path. */
const datasetOf = (context: WriteContext, document = context.document): WrittenDataset | undefined =>
  datasetsOf(document, context).find(({ id }) => id === context.route.item)

/** Shows a dataset. */
export const showDataset = (context: WriteContext): Result.Result<Response, GatewayError> => {
  const dataset = datasetOf(context)
  return dataset === undefined
    ? Result.fail(noDataset(context.route.item))
    : Result.succeed(showing(datasetJson(dataset), dataset))
}

/** Creates a dataset. */
export const createDataset = async (context: WriteContext): Handled => {
  const part = read(context)
  if (Result.isFailure(part)) return Result.fail(part.failure)
  const { account, gateway } = context.route
  const id = crypto.randomUUID()
  return await context.written.change({
    ...placeOf(context),
    edit: ({ document, version, now }) => {
      const others = datasetsOf(document, context)
      if (others.length >= mostDatasets) {
        return Result.fail(adminConflict(`A gateway has at most ${mostDatasets} datasets. Delete one first.`))
      }
      if (others.some(({ name }) => name === part.success.name)) {
        return Result.fail(
          adminConflict(`There is a dataset "${part.success.name}" already. Choose another name.`),
        )
      }
      const dataset = { id, account, gateway, version, created_at: now, modified_at: now, ...part.success }
      const after = datasetJson(dataset)
      return Result.succeed({
        document: withDataset(document, id, dataset),
        action: "create",
        id,
        before: null,
        after,
        answer: () => showing(after, dataset),
      })
    },
  })
}

/** Replaces a dataset (PUT), or deletes it. */
export const changeDataset = async (context: WriteContext): Handled => {
  const isDelete = context.method === "DELETE"
  const part = isDelete ? Result.succeed({}) : read(context)
  if (Result.isFailure(part)) return Result.fail(part.failure)
  const { item: id } = context.route
  return await context.written.change({
    ...placeOf(context),
    edit: ({ document, version, now }) => {
      const before = datasetOf(context, document)
      if (before === undefined) return Result.fail(noDataset(id))
      const shown = datasetJson(before)
      const changed = unlessChanged(context.ifMatch, before, () => shown)
      if (changed !== undefined) return Result.succeed(changed)
      const dataset = isDelete ? undefined : { ...before, ...part.success, version, modified_at: now }
      const after = dataset === undefined ? null : datasetJson(dataset)
      return Result.succeed({
        document: withDataset(document, id, dataset),
        action: isDelete ? "delete" : "update",
        id,
        before: shown,
        after,
        answer: () => dataset === undefined ? envelope(shown) : showing(after, dataset),
      })
    },
  })
}
