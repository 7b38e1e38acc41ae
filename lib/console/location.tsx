/**
 * The address of the page holds everything that is chosen on it: each view can be reloaded, sent and gone back to.
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

/** The address, anew whenever it changes. */
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

/** The address of a page with some parameters changed; those of the scope stay, the others go unless they are given. */
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

/** The present address with some parameters changed; an undefined or empty one goes. */
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

/** What a link is given. */
interface LinkProps {
  readonly href: string
  readonly children: ComponentChildren
  readonly class?: string
  readonly title?: string
  readonly "aria-label"?: string
  readonly "aria-current"?: "page" | "true" | undefined
}

/** A link that does not load the page anew; with a modifier key it does what links do. */
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
