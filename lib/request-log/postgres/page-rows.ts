/**
 * Reads the entries of a page: some days at a time, and those days alone that can have some of them.
 *
 * @module
 */
import type { PostgresDatabase, Query, Row } from "../../postgres/database.ts"
import { parameters, type StatementValues } from "../../postgres/statement-values.ts"
import { fields, type Operand } from "../conditions.ts"
import { compareOperands, compareText } from "../filter.ts"
import type { LogSelection } from "../query.ts"
import type { TimeSlice } from "../time-slice.ts"
import { portionsOf } from "./day-slices.ts"
import { columnOf, whereOf } from "./fragment.ts"
import type { CountedSlice } from "./list-totals.ts"
import { daysOfPage, placeOfPage } from "./page-place.ts"
import type { ScopeSelection } from "./reader.ts"
import { type Place, placesOf } from "./value-order.ts"

const orderOf = ({ orderBy = "created_at", descending = true }: LogSelection, value?: Operand): string => {
  const way = descending ? "DESC" : "ASC"
  // Unqualified it would be the column of the result, which no index has: all entries would be sorted for each page.
  if (orderBy === "created_at") return `entry.created ${way}, id ${way}`
  if (value !== undefined) return `id ${way}`
  return `${columnOf(orderBy)} ${descending ? "DESC NULLS LAST" : "ASC NULLS FIRST"}, id ${way}`
}

const within = ({ since, until }: TimeSlice, add: StatementValues): string =>
  `(created >= ${add.one("int8", since)} AND created < ${add.one("int8", until)})`

const hasValue = (column: string, isText: boolean, value: Operand, add: StatementValues): string =>
  value === null ? `${column} IS NULL` : `${column} = ${add.one(isText ? "text" : "float8", value)}`

/** SQL that selects entries of a gateway, in order. */
export const selecting = (
  { conditions, search }: ScopeSelection,
  selection: LogSelection,
  { slices, value, before }: Pick<Place, "slices" | "value" | "before">,
) =>
(add: StatementValues): string => {
  const { orderBy = "created_at", descending = true } = selection
  const column = columnOf(orderBy)
  const tests = [`(${slices.map((slice) => within(slice, add)).join(" OR ")})`]
  if (value !== undefined) tests.push(hasValue(column, fields[orderBy].kind === "text", value, add))
  if (before !== undefined) tests.push(`${column} ${descending ? ">" : "<"} ${add.one("float8", before)}`)
  tests.push(whereOf(conditions, search, add))
  return `${tests.join(" AND ")} ORDER BY ${orderOf(selection, value)}`
}

/** What an entry is found by, with what its record does not have. */
export const foundColumns = "created::float8 AS created, id, feedback, score"

/** The same entries with their records. That their times are given lets the server look at their days alone. */
export const withRecords = async (query: Query, rows: ReadonlyArray<Row>): Promise<ReadonlyArray<Row>> => {
  if (rows.length === 0) return rows
  const found = await query(
    `SELECT detail.created::float8 AS created, detail.id, record
     FROM unnest($1::text[]::int8[], $2::text[]) AS found(created, id)
     JOIN basegate.detail ON detail.created = found.created AND detail.id = found.id
     WHERE detail.created = ANY($1::text[]::int8[])`,
    [rows.map(({ created }) => String(created)), rows.map(({ id }) => String(id))],
  )
  const records = new Map(
    found.map(({ created, id, record }) => [`${String(created)} ${String(id)}`, record]),
  )
  return rows.flatMap((row) => {
    const record = records.get(`${String(row["created"])} ${String(row["id"])}`)
    return record === undefined ? [] : [{ ...row, record }]
  })
}

const readRows = (
  query: Query,
  asked: ScopeSelection,
  selection: LogSelection,
  place: Place,
): Promise<ReadonlyArray<Row>> => {
  const add = parameters()
  const scope = add.one("int4", asked.scope)
  const sign = selection.descending ?? true ? "<" : ">"
  const { after } = asked
  const beyond = after === undefined
    ? ""
    : `(created, id) ${sign} (${add.one("int8", after.created)}, ${add.one("text", after.id)}) AND `
  const which = beyond + selecting(asked, selection, place)(add)
  return query(
    `SELECT ${foundColumns}, (${columnOf(selection.orderBy ?? "created_at")}) AS value FROM basegate.entry
     WHERE scope = ${scope} AND ${which} LIMIT ${add.one("int8", place.limit)} OFFSET ${
      add.one("int8", place.skip)
    }`,
    add.values,
  )
}

/** Reads on in the order of time, from the beginning of a slice or from its end, until there are enough. */
export const readByTime = async (
  database: PostgresDatabase,
  asked: ScopeSelection,
  selection: LogSelection,
  limit: number,
  skip = 0,
): Promise<ReadonlyArray<Row>> => {
  const isDescending = selection.descending ?? true
  const portions = await portionsOf(database.query, asked.slice)
  const rows: Array<Row> = []
  for (const slice of isDescending ? portions.toReversed() : portions) {
    const first = rows.length === 0 ? skip : 0
    rows.push(
      ...await database.snapshot(async (query) => {
        const place = await placeOfPage(query, { ...asked, slice }, isDescending, first)
        const wanted = { slices: [place.slice], skip: place.skip, limit: limit - rows.length }
        return await withRecords(query, await readRows(query, asked, selection, wanted))
      }),
    )
    if (rows.length >= limit) break
  }
  return rows
}

/** The first entries of each portion are brought into one order, if there are several. */
const readByValue = async (
  database: PostgresDatabase,
  asked: ScopeSelection,
  selection: LogSelection,
  { skip, limit }: { readonly skip: number; readonly limit: number },
): Promise<ReadonlyArray<Row>> => {
  const { orderBy = "created_at", descending = true } = selection
  const portions = await portionsOf(database.query, asked.slice)
  const [only] = portions
  const isOne = portions.length === 1
  const order = isOne
    ? { orderBy, descending, skip, limit }
    : { orderBy, descending, skip: 0, limit: skip + limit }
  const read = (
    slice: TimeSlice,
    finish: (query: Query, rows: ReadonlyArray<Row>) => Promise<ReadonlyArray<Row>>,
  ) =>
    database.snapshot(async (query) => {
      const part = { ...asked, slice }
      const found = await placesOf(query, part, order)
      const wanted = found.skip + order.limit
      const rows: Array<Row> = []
      for (const place of found.places) {
        if (rows.length >= wanted) break
        const limit = Math.min(place.limit, wanted - rows.length)
        rows.push(...await readRows(query, part, selection, { ...place, limit }))
      }
      rows.splice(0, found.skip)
      return await finish(query, rows)
    })
  if (isOne && only !== undefined) return await read(only, withRecords)
  const all: Array<Row> = []
  for (const slice of portions) all.push(...await read(slice, (_, rows) => Promise.resolve(rows)))
  const sign = descending ? -1 : 1
  all.sort((one, other) =>
    sign *
    (compareOperands(one["value"] as Operand, other["value"] as Operand) ||
      compareText(String(one["id"]), String(other["id"])))
  )
  return await withRecords(database.query, all.slice(skip, skip + limit))
}

/**
 * The entries of a page.
 *
 * @param counted where the entries of the selection are
 */
export const readPage = async (
  database: PostgresDatabase,
  asked: ScopeSelection,
  selection: LogSelection,
  counted: ReadonlyArray<CountedSlice>,
  page: { readonly skip: number; readonly limit: number },
): Promise<ReadonlyArray<Row>> => {
  if ((selection.orderBy ?? "created_at") !== "created_at") {
    return await readByValue(database, asked, selection, page)
  }
  const { slice, skip } = daysOfPage(counted, selection.descending ?? true, page.skip, page.limit)
  return await readByTime(database, { ...asked, slice }, selection, page.limit, skip)
}
