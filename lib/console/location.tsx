/**
 * The page's address holds everything that is chosen on it, so that each view can be reloaded, shared and returned
 * to.
 *
 * @module
 */
import type { ComponentChildren } from "preact"
import { useEffect, useState } from "preact/hooks"

const listeners = new Set<() => void>()
const tell = (): void => {
  for (const listener of listeners) listener()
}
addEventListener("popstate", tell)

/** Goes to an address within the console. */
export const go = (to: string, replaces = false): void => {
  if (to === location.pathname + location.search) return
  if (replaces) history.replaceState(null, "", to)
  else history.pushState(null, "", to)
  tell()
}

/** The current address, updated whenever it changes. */
export const useAddress = (): URL => {
  const [href, setHref] = useState(location.href)
  useEffect(() => {
    const listener = (): void => setHref(location.href)
    listeners.add(listener)
    listener()
    return () => void listeners.delete(listener)
  }, [])
  return new URL(href)
}

/** Parameters that keep their values from page to page. */
const shared = ["account", "gateway", "since", "until"]

/**
 * The address of a page with some parameters changed. Those of the scope are kept, others are dropped unless given.
 */
export const pageHref = (
  page: string,
  changes: Readonly<Record<string, string | undefined>> = {},
): string => {
  const now = new URLSearchParams(location.search)
  const search = new URLSearchParams()
  for (const name of shared) {
    const value = now.get(name)
    if (value !== null) search.set(name, value)
  }
  return withChanges(page, search, changes)
}

/** The current address with some parameters changed; undefined or empty ones are removed. */
export const hereWith = (changes: Readonly<Record<string, string | undefined>>): string =>
  withChanges(location.pathname, new URLSearchParams(location.search), changes)

const withChanges = (
  path: string,
  search: URLSearchParams,
  changes: Readonly<Record<string, string | undefined>>,
): string => {
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || value === "") search.delete(name)
    else search.set(name, value)
  }
  const text = search.toString()
  return text === "" ? path : `${path}?${text}`
}

/** The props of a link. */
interface LinkProps {
  readonly href: string
  readonly children: ComponentChildren
  readonly class?: string
  readonly title?: string
  readonly "aria-label"?: string
  readonly "aria-current"?: "page" | "true" | undefined
}

/** A link that does not reload the page; with a modifier key it behaves like any link. */
export const Link = ({ href, children, "aria-current": current, ...rest }: LinkProps) => (
  <a
    {...rest}
    {...(current !== undefined && { "aria-current": current })}
    href={href}
    onClick={(event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button !== 0) return
      event.preventDefault()
      go(href)
    }}
  >
    {children}
  </a>
)
