/**
 * Follows new log entries while the page is open.
 *
 * @module
 */
import { useEffect, useState } from "preact/hooks"
import { follow, gatewayApiPath } from "./api.ts"
import type { Scope } from "./scope.tsx"
import type { ListedEntry } from "./types.ts"

/** The most live entries to show, to keep the page fast. */
const mostLive = 200

/** The entries so far, and the state of the stream. */
export interface Tail {
  readonly entries: ReadonlyArray<ListedEntry>
  readonly isOpen: boolean
  readonly problem: string
  readonly skipped: number
}

const none: Tail = { entries: [], isOpen: false, problem: "", skipped: 0 }

/** Follows the filtered log of a gateway while `isLive`. */
export const useTail = (isLive: boolean, scope: Scope, filters: string, search: string): Tail => {
  const [tail, setTail] = useState(none)
  useEffect(() => {
    setTail(none)
    if (!isLive || scope.gateway === "") return
    const controller = new AbortController()
    void follow(
      `${gatewayApiPath(scope.account, scope.gateway)}/logs/tail`,
      { filters, search },
      controller.signal,
      (isOpen, problem = "") => setTail((last) => ({ ...last, isOpen, problem })),
      (name, data) =>
        setTail((last) => {
          if (name === "skipped") return { ...last, skipped: last.skipped + Number(data) }
          const entry = JSON.parse(data) as ListedEntry
          if (last.entries.some(({ id }) => id === entry.id)) return last
          return { ...last, entries: [entry, ...last.entries].slice(0, mostLive) }
        }),
    )
    return () => controller.abort()
  }, [isLive, scope.account, scope.gateway, filters, search])
  return tail
}
