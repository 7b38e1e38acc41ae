/**
 * Exports lists of written things, as CSV or as lines of JSON.
 *
 * @module
 */
import * as Result from "effect/Result"
import { isObject, objectOf } from "../../json/parse.ts"
import { columnsOf, type CsvRow } from "../csv.ts"
import { exportOf } from "../export.ts"
import type { ExportFormat } from "../export-format.ts"
import { fileName } from "../log-export.ts"
import type { Handled, WriteContext } from "./context.ts"

/** How many rows are read at a time: the longest page. */
const perPage = 100

/** The rows of a page, in either of Cloudflare's forms. */
const rowsOf = async (page: Response): Promise<ReadonlyArray<CsvRow>> => {
  const { result, data } = objectOf(await page.json())
  const lists = [result, ...Object.values(objectOf(data))]
  return (lists.find((list): list is ReadonlyArray<unknown> => Array.isArray(list)) ?? []).filter(isObject)
}

/**
 * A list as a file: all of it, unless a page is requested.
 *
 * @param list answers with a page
 */
export const exportList = async (
  context: WriteContext,
  format: ExportFormat,
  list: (context: WriteContext) => Handled | Result.Result<Response, unknown>,
): Handled => {
  const { search, method, route: { name, account, gateway } } = context
  const isPage = Boolean(search.get("page") || search.get("per_page"))
  const pageAt = async (page: number) => {
    const asked = new URLSearchParams(search)
    if (!isPage) asked.set("page", String(page))
    if (!isPage) asked.set("per_page", String(perPage))
    return await list({ ...context, search: asked }) as Awaited<Handled>
  }
  const first = await pageAt(1)
  if (Result.isFailure(first)) return first
  const firstRows = await rowsOf(first.success)
  let rows: ReadonlyArray<CsvRow> | undefined = firstRows
  let page = 1
  const next = async (): Promise<ReadonlyArray<CsvRow> | undefined> => {
    const these = rows
    rows = undefined
    if (these?.length === perPage && !isPage) {
      const following = await pageAt(++page)
      if (Result.isFailure(following)) throw following.failure
      rows = await rowsOf(following.success)
    }
    return these
  }
  const words = [name.replaceAll(".", "-"), account, ...gateway === "" ? [] : [gateway]]
  const exported = { format, name: fileName(words, Date.now()), columns: columnsOf(firstRows), next }
  return Result.succeed(exportOf(exported, method !== "HEAD"))
}
