/**
 * One dynamic route: its graph with traffic, its versions, and the text of its elements.
 *
 * @module
 */
import { RouteEditor } from "./route-editor.tsx"
import { Versions } from "./route-versions.tsx"
import type { ComponentChildren } from "preact"
import { useState } from "preact/hooks"
import { sendRequest } from "./api.ts"
import { DiffView } from "./diff.tsx"
import { Confirm } from "./form-dialog.tsx"
import { count, money, share } from "./format.ts"
import { go, hereWith, Link, useAddress } from "./location.tsx"
import { Badge, CommandLine, Panel, Problem, useLoaded } from "./parts.tsx"
import { RouteDrawing } from "./route-graph.tsx"
import type { Element } from "./route-layout.ts"
import { loadTraffic } from "./route-traffic.ts"
import type { ListedRoute } from "./routes.tsx"
import { write } from "./write.ts"

export interface Version {
  readonly version_id: string
  readonly created_at: string
  /** A boolean as text. */
  readonly active: string
  /** A list of elements as text. */
  readonly data: string
  readonly comment: string | null
}

const getVersions = async (path: string, signal: AbortSignal): Promise<ReadonlyArray<Version>> => {
  const response = await sendRequest(`${path}/versions?per_page=100`, { signal })
  const { data } = await response.json() as { readonly data: { readonly versions: ReadonlyArray<Version> } }
  return data.versions
}

const elementsOf = ({ data }: Version): ReadonlyArray<Element> => JSON.parse(data) as ReadonlyArray<Element>

/** Elements by their ids, for a diff. */
const byId = (elements: ReadonlyArray<Element>) =>
  Object.fromEntries(elements.map((element) => [element.id, element]))

const spans = [["-24h", "24 hours"], ["-7d", "7 days"], ["-30d", "30 days"]] as const

export const RouteView = ({ path, route, canWrite, actions, onChange }: {
  readonly path: string
  readonly route: ListedRoute
  readonly canWrite: boolean
  readonly actions: ComponentChildren
  readonly onChange: () => void
}) => {
  const { searchParams } = useAddress()
  const since = searchParams.get("span") ?? "-24h"
  const isEditing = searchParams.get("editing") !== null
  const own = `${path}/routes/${route.id}`
  const [deploying, setDeploying] = useState<Version | undefined>(undefined)
  const versions = useLoaded(route.id === null ? "" : `${own} versions`, (signal) => getVersions(own, signal))
  const traffic = useLoaded(
    `${path} ${route.name} ${since}`,
    (signal) => loadTraffic(path, route.name, since, signal),
    15_000,
  )
  const list = versions.value ?? []
  const active = list.find(({ active }) => active === "true")
  const asked = list.find(({ version_id }) => version_id === searchParams.get("version"))
  const elements = asked === undefined ? route.elements : elementsOf(asked)
  const isOther = asked !== undefined && asked.version_id !== active?.version_id
  const leave = (): void => go(hereWith({ editing: undefined }))
  return (
    <>
      <Panel
        title={`dynamic/${route.name}`}
        aside={
          <div class="row">
            {canWrite && !isEditing && (
              <Link class="button" href={hereWith({ editing: "1" })}>Edit the elements</Link>
            )}
            {actions}
          </div>
        }
      >
        {isEditing && canWrite
          ? (
            <RouteEditor
              path={own}
              elements={elements}
              onClose={leave}
              onSaved={(version) => {
                go(hereWith({ editing: undefined, version }))
                versions.reload()
              }}
            />
          )
          : (
            <>
              <div class="row bar">
                <div class="spans" role="group" aria-label="Requests of the last">
                  {spans.map(([span, name]) => (
                    <button
                      key={span}
                      type="button"
                      aria-pressed={since === span}
                      onClick={() => go(hereWith({ span }))}
                    >
                      {name}
                    </button>
                  ))}
                </div>
                {traffic.value !== undefined && (
                  <span class="note" role="status">
                    {count(traffic.value.requests)} requests, {traffic.value.errors === 0
                      ? "none failed"
                      : `${share(traffic.value.errors, traffic.value.requests)} failed`},{" "}
                    {money(traffic.value.cost)}
                  </span>
                )}
              </div>
              {traffic.error !== undefined && <Problem error={traffic.error} onRetry={traffic.reload} />}
              {isOther && (
                <p class="row">
                  <Badge kind="left">not deployed</Badge>{" "}
                  <Link href={hereWith({ version: undefined })}>Look at the one that is</Link>
                </p>
              )}
              <RouteDrawing
                elements={elements}
                traffic={isOther ? undefined : traffic.value}
                label={`The route ${route.name} as a graph`}
              />
              <details class="numbers">
                <summary>As JSON</summary>
                <CommandLine text={JSON.stringify(elements, null, 2)} />
              </details>
            </>
          )}
      </Panel>
      {isOther && active !== undefined && (
        <Panel title="What this version changes of the one that is deployed">
          <DiffView
            before={byId(elementsOf(active))}
            after={byId(elements)}
            label="What this version changes"
          />
        </Panel>
      )}
      {route.id !== null && (
        <Panel title="Versions">
          {versions.error !== undefined && <Problem error={versions.error} onRetry={versions.reload} />}
          <Versions
            versions={list}
            shown={asked?.version_id ?? active?.version_id}
            canWrite={canWrite}
            onDeploy={setDeploying}
          />
        </Panel>
      )}
      {deploying !== undefined && (
        <Confirm
          title="Deploy this version"
          action="Deploy"
          onClose={() => setDeploying(undefined)}
          onDone={() => {
            go(hereWith({ version: undefined }), true)
            versions.reload()
            onChange()
          }}
          onDo={() => write("POST", `${own}/deployments`, { version_id: deploying.version_id })}
        >
          <p>The next call of the route takes it. What runs ends as it began. It changes:</p>
          <DiffView
            before={byId(active === undefined ? [] : elementsOf(active))}
            after={byId(elementsOf(deploying))}
            label="What changes"
          />
        </Confirm>
      )}
    </>
  )
}
