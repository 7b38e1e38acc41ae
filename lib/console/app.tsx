/**
 * The frame: login, navigation, and the scope of the page.
 *
 * @module
 */
import type { ComponentType } from "preact"
import { useEffect, useState } from "preact/hooks"
import { get, logOut, onLoggedOut } from "./api.ts"
import { EvaluationsPage } from "./evaluations.tsx"
import { GatewaysPage } from "./gateways.tsx"
import { HealthPage } from "./health.tsx"
import { Link, pageHref, useAddress } from "./location.tsx"
import { RequestLogPage } from "./log.tsx"
import { Login } from "./login.tsx"
import { OverviewPage } from "./overview.tsx"
import { Problem, useLoaded } from "./parts.tsx"
import { PlaygroundPage } from "./playground.tsx"
import { type Scope, ScopeBar, useScope } from "./scope.tsx"
import { SpendPage } from "./spend.tsx"
import type { Account } from "./types.ts"
import { UsagePage, usagePath } from "./usage.tsx"
import { loadSession, SessionContext } from "./session.ts"

/** The props of every page. */
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
  { path: "/console/log", name: "Log", view: RequestLogPage, needsGateway: true, hasTime: true },
  { path: "/console/spend", name: "Spend and limits", view: SpendPage },
  { path: "/console/evaluations", name: "Evaluations", view: EvaluationsPage, needsGateway: true },
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
    // On a phone the links are wider than the window.
    document.querySelector(".frame > nav [aria-current]")?.scrollIntoView({
      inline: "center",
      block: "nearest",
    })
  }, [page])
  const session = useLoaded("you", loadSession)
  const View = page?.view
  return (
    <SessionContext.Provider value={session.value}>
      <div class="frame">
        <a class="skip" href="#main">Skip to the page</a>
        <nav aria-label="Pages">
          <div>
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
          </div>
        </nav>
        <main id="main" tabIndex={-1}>
          <header class="top">
            <h1>{page?.name ?? "Not found"}</h1>
            {page !== undefined && scope !== undefined && page.path !== "/console/health" && (
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
            : scope === undefined
            ? <p role="status" class="loading" aria-busy="true">Loading…</p>
            : <View scope={scope} accounts={accounts} key={page?.path} />}
        </main>
      </div>
    </SessionContext.Provider>
  )
}

/** The pages for the holder of an admin token, covered by the login form once the session has ended. */
const Admin = () => {
  const [turn, setTurn] = useState(0)
  const [isOut, setOut] = useState(false)
  onLoggedOut.call = () => setOut(true)
  const accounts = useLoaded(
    `accounts ${turn}`,
    (signal) => get<ReadonlyArray<Account>>("/client/v4/accounts", {}, signal),
    30_000,
  )
  const { value } = accounts
  const leave = (): void => {
    setOut(true)
    setTurn(turn + 1)
  }
  const enter = (): void => {
    setOut(false)
    if (value === undefined) setTurn(turn + 1)
    else accounts.reload()
  }
  if (value === undefined && !isOut) {
    return (
      <main class="login">
        {accounts.error === undefined
          ? <p role="status">Loading…</p>
          : <Problem error={accounts.error} onRetry={accounts.reload} />}
      </main>
    )
  }
  return (
    <>
      {isOut && <Login hasEnded={value !== undefined} onDone={enter} />}
      {value !== undefined && (
        // Hidden, not removed, so that what was typed is still there after logging in again.
        <div hidden={isOut}>
          <Frame key={turn} accounts={value} onEnd={leave} />
        </div>
      )}
    </>
  )
}

export const App = () => {
  const { pathname } = useAddress()
  return pathname === usagePath ? <UsagePage /> : <Admin />
}
