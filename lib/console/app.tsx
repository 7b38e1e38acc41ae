/**
 * The frame: who is logged in, which page is shown, what it looks at.
 *
 * @module
 */
import type { ComponentType } from "preact"
import { useEffect, useState } from "preact/hooks"
import { get, logOut, onLoggedOut } from "./api.ts"
import { GatewaysPage } from "./gateways.tsx"
import { HealthPage } from "./health.tsx"
import { Link, pageHref, useAddress } from "./location.tsx"
import { LogPage } from "./log.tsx"
import { Login } from "./login.tsx"
import { OverviewPage } from "./overview.tsx"
import { Problem, useLoaded } from "./parts.tsx"
import { PlaygroundPage } from "./playground.tsx"
import { type Scope, ScopeBar, useScope } from "./scope.tsx"
import { SpendPage } from "./spend.tsx"
import type { Account } from "./types.ts"

/** What every page is given. */
export interface PageProps {
  readonly scope: Scope
  readonly accounts: ReadonlyArray<Account>
}

interface Page {
  readonly path: string
  readonly name: string
  readonly view: ComponentType<PageProps>
  readonly needsGateway?: boolean
  readonly hasTime?: boolean
}

const pages: ReadonlyArray<Page> = [
  { path: "/console", name: "Overview", view: OverviewPage, hasTime: true },
  { path: "/console/log", name: "Log", view: LogPage, needsGateway: true, hasTime: true },
  { path: "/console/spend", name: "Spend and limits", view: SpendPage },
  { path: "/console/gateways", name: "Gateways", view: GatewaysPage },
  { path: "/console/playground", name: "Playground", view: PlaygroundPage, needsGateway: true },
  { path: "/console/health", name: "Health", view: HealthPage },
]

const Frame = (
  { accounts, onEnd }: { readonly accounts: ReadonlyArray<Account>; readonly onEnd: () => void },
) => {
  const { pathname } = useAddress()
  const path = pathname.replace(/\/+$/, "")
  const page = pages.find((one) => one.path === path)
  const scope = useScope(accounts, page?.needsGateway === true)
  useEffect(() => {
    document.title = `${page?.name ?? "Not found"} · basegate`
  }, [page])
  const View = page?.view
  return (
    <div class="frame">
      <a class="skip" href="#main">Skip to the page</a>
      <nav aria-label="Pages">
        <Link class="brand" href={pageHref("/console")} aria-label="basegate, to the overview">
          <img src="/console/icon.svg" alt="" width="24" height="24" />
          <span>basegate</span>
        </Link>
        <ul>
          {pages.map(({ path, name }) => (
            <li key={path}>
              <Link href={pageHref(path)} aria-current={page?.path === path ? "page" : undefined}>
                {name}
              </Link>
            </li>
          ))}
        </ul>
        <button
          type="button"
          class="quiet"
          onClick={() => void logOut().then(onEnd, onEnd)}
        >
          Log out
        </button>
      </nav>
      <main id="main" tabIndex={-1}>
        <header class="top">
          <h1>{page?.name ?? "Not found"}</h1>
          {page !== undefined && page.path !== "/console/health" && (
            <ScopeBar
              accounts={accounts}
              scope={scope}
              needsGateway={page.needsGateway === true}
              hasTime={page.hasTime === true}
            />
          )}
        </header>
        {View === undefined
          ? (
            <p>
              There is no such page. <Link href={pageHref("/console")}>Go to the overview</Link>.
            </p>
          )
          : <View scope={scope} accounts={accounts} key={page?.path} />}
      </main>
    </div>
  )
}

/** The console: the form to log in, or its pages. */
export const App = () => {
  const [turn, setTurn] = useState(0)
  const [isOut, setOut] = useState(false)
  onLoggedOut.call = () => setOut(true)
  const accounts = useLoaded(
    `accounts ${turn}`,
    (signal) => get<ReadonlyArray<Account>>("/client/v4/accounts", {}, signal),
    30_000,
  )
  if (isOut) {
    return (
      <Login
        onDone={() => {
          setOut(false)
          setTurn(turn + 1)
        }}
      />
    )
  }
  if (accounts.value !== undefined) return <Frame accounts={accounts.value} onEnd={() => setOut(true)} />
  return (
    <main class="login">
      {accounts.error === undefined
        ? <p role="status">Loading…</p>
        : <Problem error={accounts.error} onRetry={accounts.reload} />}
    </main>
  )
}
