/**
 * The parts of a page, of which one is shown.
 *
 * @module
 */
import { useEffect, useRef } from "preact/hooks"
import { Link } from "./location.tsx"

/** Links to the parts of a page. */
export const TabBar = ({ tabs, tab, hrefOf }: {
  readonly tabs: ReadonlyArray<readonly [id: string, name: string]>
  readonly tab: string
  readonly hrefOf: (id: string) => string
}) => {
  const bar = useRef<HTMLElement>(null)
  useEffect(() => {
    // On a phone they are wider than the window.
    bar.current?.querySelector("[aria-current]")?.scrollIntoView({ inline: "nearest", block: "nearest" })
  }, [tab])
  return (
    <nav class="tabs" aria-label="Parts of the page" ref={bar}>
      {tabs.map(([id, name]) => (
        <Link key={id} href={hrefOf(id)} aria-current={tab === id ? "page" : undefined}>{name}</Link>
      ))}
    </nav>
  )
}
