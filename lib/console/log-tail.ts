/**
 * What the log gets while its page is looked at.
 *
 * @module
 */
import { useEffect, useState } from "preact/hooks"
import { follow, gatewayApiPath } from "./api.ts"
import type { Scope } from "./scope.tsx"
import type { ListedEntry } from "./types.ts"

/** How many live entries are shown: the page stays quick. */
const mostLive = 200

/** What has come, and how the stream fares. */
export interface Tail {
  readonly entries: ReadonlyArray<ListedEntry>
  readonly isOpen: boolean
  readonly problem: string
  readonly skipped: number
}

const none: Tail = { entries: [], isOpen: false, problem: "", skipped: 0 }

/** Follows the log of a gateway, filtered, while it is live. */
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
