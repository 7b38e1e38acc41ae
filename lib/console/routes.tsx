/**
 * The dynamic routes of a gateway: listing, drawing, creating, renaming and deleting them.
 *
 * @module
 */
import { WhyReadOnly } from "./list-parts.tsx"
import { useState } from "preact/hooks"
import { gatewayApiPath, sendRequest } from "./api.ts"
import { Confirm, FormDialog } from "./form-dialog.tsx"
import { visible } from "./format.ts"
import { go, hereWith, Link, useAddress } from "./location.tsx"
import { Panel, Problem, Text, Time, useLoaded } from "./parts.tsx"
import type { Element } from "./route-layout.ts"
import { RouteView } from "./route-view.tsx"
import { useCanWrite } from "./session.ts"
import { write } from "./write.ts"

/** A route with its deployed version. */
export interface ListedRoute {
  /** `null` if it is declared. */
  readonly id: string | null
  readonly name: string
  readonly modified_at: string | null
  readonly elements: ReadonlyArray<Element>
  readonly version: { readonly version_id: string } | null
}

/** Cloudflare's list of routes has a form of its own. */
const getRoutes = async (path: string, signal: AbortSignal): Promise<ReadonlyArray<ListedRoute>> => {
  const response = await sendRequest(`${path}/routes?per_page=100`, { signal })
  const { data } = await response.json() as { readonly data: { readonly routes: ReadonlyArray<ListedRoute> } }
  return data.routes
}

/** The elements of a new route. */
const first = (model: string): ReadonlyArray<Element> => [
  { id: "start", type: "start", outputs: { next: { elementId: "model" } } },
  {
    id: "model",
    type: "model",
    properties: { provider: "baseten", model },
    outputs: { success: { elementId: "end" } },
  },
  { id: "end", type: "end" },
]

/** The form for the name of a new or existing route. */
const Name = ({ path, route, onClose, onDone }: {
  readonly path: string
  readonly route: ListedRoute | undefined
  readonly onClose: () => void
  readonly onDone: (name: string) => void
}) => {
  const [name, setName] = useState(route?.name ?? "")
  const [model, setModel] = useState("openai/gpt-oss-120b")
  return (
    <FormDialog
      title={route === undefined ? "New dynamic route" : `Rename ${route.name}`}
      action={route === undefined ? "Create" : "Rename"}
      onSend={async () => {
        if (route === undefined) {
          await write("POST", `${path}/routes`, { name: name.trim(), elements: first(model.trim()) })
        } else await write("PATCH", `${path}/routes/${route.id}`, { name: name.trim() })
        onDone(name.trim())
      }}
      onClose={onClose}
    >
      <label>
        <span>
          Name; it is called as the model <code>dynamic/{name.trim() || "…"}</code>
        </span>
        <input
          value={name}
          required
          autofocus
          autocomplete="off"
          spellcheck={false}
          onInput={({ currentTarget }) => setName(currentTarget.value)}
        />
      </label>
      {route === undefined && (
        <label>
          <span>The model that it begins with; more is added afterwards</span>
          <input
            value={model}
            required
            autocomplete="off"
            spellcheck={false}
            onInput={({ currentTarget }) => setModel(currentTarget.value)}
          />
        </label>
      )}
    </FormDialog>
  )
}

type Asked = { readonly what: "new" } | { readonly what: "rename" | "delete"; readonly route: ListedRoute }

export const Routes = ({ account, gateway, isManaged }: {
  readonly account: string
  readonly gateway: string
  readonly isManaged: boolean
}) => {
  const { searchParams } = useAddress()
  const path = gatewayApiPath(account, gateway)
  const canWrite = useCanWrite() && isManaged
  const [asked, setAsked] = useState<Asked | undefined>(undefined)
  const list = useLoaded(`${path} routes`, (signal) => getRoutes(path, signal))
  const routes = list.value ?? []
  const chosen = routes.find(({ name }) => name === searchParams.get("route")) ?? routes[0]
  const close = (): void => setAsked(undefined)
  const reloadAt = (route: string | undefined): void => {
    close()
    go(hereWith({ route, version: undefined, editing: undefined }), true)
    list.reload()
  }
  return (
    <>
      <Panel
        title={list.value === undefined
          ? "Dynamic routes"
          : `${routes.length} dynamic ${routes.length === 1 ? "route" : "routes"}`}
        aside={canWrite && (
          <button type="button" class="primary" onClick={() => setAsked({ what: "new" })}>New route</button>
        )}
      >
        <WhyReadOnly
          what="routes"
          {...(!isManaged &&
            { declared: "Routes of this gateway are declared with its settings: change them there." })}
        />
        {list.error !== undefined && <Problem error={list.error} onRetry={list.reload} />}
        {list.value !== undefined && routes.length === 0 && (
          <p class="note">
            There is none yet. A dynamic route is a model by name, which chooses what to call: by the request,
            by chance, by limits, and what comes next when a call fails.
          </p>
        )}
        {routes.length > 0 && (
          <ul class="links chosen">
            {routes.map(({ id, name, modified_at }) => (
              <li key={id ?? name}>
                <Link
                  href={hereWith({ route: name, version: undefined, editing: undefined })}
                  aria-current={chosen?.name === name ? "page" : undefined}
                >
                  <Text>{name}</Text>
                </Link>{" "}
                <span class="note">{modified_at === null ? "declared" : <Time at={modified_at} />}</span>
              </li>
            ))}
          </ul>
        )}
      </Panel>
      {chosen !== undefined && (
        <RouteView
          key={`${chosen.id ?? chosen.name} ${chosen.version?.version_id}`}
          path={path}
          route={chosen}
          canWrite={canWrite}
          onChange={list.reload}
          actions={canWrite && (
            <>
              <button type="button" class="quiet" onClick={() => setAsked({ what: "rename", route: chosen })}>
                Rename
              </button>
              <button type="button" class="quiet" onClick={() => setAsked({ what: "delete", route: chosen })}>
                Delete
              </button>
            </>
          )}
        />
      )}
      {(asked?.what === "new" || asked?.what === "rename") && (
        <Name
          path={path}
          route={asked.what === "rename" ? asked.route : undefined}
          onClose={close}
          onDone={reloadAt}
        />
      )}
      {asked?.what === "delete" && (
        <Confirm
          title={`Delete ${visible(asked.route.name)}`}
          action="Delete the route"
          name={asked.route.name}
          onClose={close}
          onDone={() => reloadAt(undefined)}
          onDo={() => write("DELETE", `${path}/routes/${asked.route.id}`)}
        >
          <p>
            Calls of <code>dynamic/{asked.route.name}</code> fail from then on. Its versions go with it.
          </p>
        </Confirm>
      )}
    </>
  )
}
