/**
 * Common parts of lists that can be searched and changed.
 *
 * @module
 */
import type { ComponentChildren } from "preact"
import { ReadOnly } from "./dialog.tsx"
import { count, visible } from "./format.ts"
import { go, hereWith, Link, useAddress } from "./location.tsx"
import { useSession } from "./session.ts"

/** A search field by name; the address keeps the text. */
export const Search = ({ label }: { readonly label: string }) => (
  <label class="search">
    <span class="heard">{label}</span>
    <input
      type="search"
      placeholder="Search by name"
      value={useAddress().searchParams.get("search") ?? ""}
      onInput={({ currentTarget }) => go(hereWith({ search: currentTarget.value, page: undefined }), true)}
    />
  </label>
)

/** Links to a list's other pages, if it has any. */
export const Pager = ({ page, perPage, total, label }: {
  readonly page: number
  readonly perPage: number
  readonly total: number
  readonly label: string
}) =>
  total <= perPage ? null : (
    <nav class="pages" aria-label={label}>
      <span>
        {count((page - 1) * perPage + 1)}–{count(Math.min(total, page * perPage))} of {count(total)}
      </span>
      <span class="row">
        {page > 1 && <Link class="button" href={hereWith({ page: String(page - 1) })}>Back</Link>}
        {page * perPage < total && <Link class="button" href={hereWith({ page: String(page + 1) })}>On</Link>}
      </span>
    </nav>
  )

/** Explains why nothing can be changed here, if that is so. */
export const WhyReadOnly = ({ what, declared }: {
  /** In the plural. */
  readonly what: string
  /** The explanation for a gateway that is not managed; `undefined` if it is. */
  readonly declared?: ComponentChildren
}) => {
  const session = useSession()
  if (declared !== undefined) return <ReadOnly why={declared} />
  if (session?.role !== "read") return null
  return (
    <ReadOnly
      why={`The admin token "${session.name}" may only read: ${what} are changed with one that may write.`}
    />
  )
}

/** A list's title, with the number of its items. */
export const titled = (total: number | undefined, one: string, many: string): string =>
  total === undefined
    ? `${many[0]?.toUpperCase()}${many.slice(1)}`
    : `${count(total)} ${total === 1 ? one : many}`

/** The heading of the column with a row's buttons. */
export const ChangeColumn = () => (
  <th scope="col">
    <span class="heard">Change</span>
  </th>
)

/** The cell with a row's buttons. */
export const RowButtons = ({ name, actions }: {
  readonly name: string
  readonly actions: Readonly<Record<string, () => void>>
}) => (
  <td class="does">
    {Object.entries(actions).map(([what, act]) => (
      <button key={what} type="button" class="quiet" aria-label={`${what} ${visible(name)}`} onClick={act}>
        {what}
      </button>
    ))}
  </td>
)

/** The buttons of a form in a dialog. */
export const FormButtons = ({ action, isBusy, isDangerous = false, onClose }: {
  readonly action: string
  readonly isBusy: boolean
  readonly isDangerous?: boolean
  readonly onClose: () => void
}) => (
  <div class="row actions">
    <button type="button" onClick={onClose}>Cancel</button>
    <button type="submit" class={isDangerous ? "danger" : "primary"} disabled={isBusy}>{action}</button>
  </div>
)
