/**
 * The audit trail: who changed what, when, and from what to what.
 *
 * @module
 */
import type { AuditEntry } from "../settings-store/audit-entry.ts"
import { Pager } from "./list-parts.tsx"
import { accountPath, getPage } from "./api.ts"
import { DiffView } from "./diff.tsx"
import { visible } from "./format.ts"
import { go, hereWith, Link, useAddress } from "./location.tsx"
import { Panel, Problem, Text, Time, useLoaded } from "./parts.tsx"

/** A change; what was changed is always an object. */
interface Change extends AuditEntry {
  readonly before: Readonly<Record<string, unknown>> | null
  readonly after: Readonly<Record<string, unknown>> | null
}

const kinds = {
  gateway: "gateway",
  token: "token",
  provider_config: "provider key",
  custom_provider: "custom provider",
  dataset: "dataset",
  evaluation: "evaluation",
  evaluation_type: "judge",
  route: "dynamic route",
} as const

const did: Readonly<Record<string, string>> = {
  create: "created",
  update: "changed",
  delete: "deleted",
  rotate: "rotated",
  draft: "drafted a version of",
  deploy: "deployed a version of",
  rerun: "ran again",
  cancel: "cancelled a run of",
  finish: "ended a run of",
}

/** The readable name of what was changed. */
const nameOf = ({ before, after, resource_id }: Change): string => {
  const shown = { ...before, ...after }
  const name = shown["name"] ?? shown["slug"] ?? shown["alias"] ?? resource_id
  return typeof name === "string" ? name : resource_id
}

/** Removes modification times, which every change changes, and the trail shows anyway. */
const withoutTimes = (shown: Change["before"]): unknown => {
  if (shown === null) return null
  const { created_at: _, modified_at: __, ...rest } = shown
  return rest
}

const midnight = (daysAgo: number): Date => {
  const now = new Date()
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() - daysAgo)
}

/** Spans of time in the local calendar. */
const spans = (): ReadonlyArray<
  readonly [name: string, from: string | undefined, before: string | undefined]
> => [
  ["All", undefined, undefined],
  ["Today", midnight(0).toISOString(), undefined],
  ["Yesterday", midnight(1).toISOString(), midnight(0).toISOString()],
  ["7 days", midnight(7).toISOString(), undefined],
  ["30 days", midnight(30).toISOString(), undefined],
]

/** The address that shows only this change, whatever follows it. */
const hrefOf = ({ when, kind, resource_id }: Change): string =>
  hereWith({
    from: when,
    before: new Date(Date.parse(when) + 1).toISOString(),
    kind,
    resource: resource_id,
    page: undefined,
  })

const Item = ({ change, isOpen }: { readonly change: Change; readonly isOpen: boolean }) => {
  const [, verb = change.action] = change.action.split(".")
  const what = kinds[change.kind as keyof typeof kinds] ?? change.kind
  return (
    <li>
      <details open={isOpen}>
        <summary>
          <Time at={change.when} />
          <span>
            <b>
              <Text>{change.who}</Text>
            </b>{" "}
            {did[verb] ?? visible(verb)} the {what}{" "}
            <b>
              <Text>{nameOf(change)}</Text>
            </b>
            {change.gateway_id !== null && change.kind !== "gateway" && (
              <>
                {" "}of <Text>{change.gateway_id}</Text>
              </>
            )}
          </span>
        </summary>
        <p class="note">
          From <Text>{change.forwarded_for ?? change.from}</Text> ·{" "}
          <Link href={hrefOf(change)}>Link to this change</Link> ·{" "}
          <Link
            href={hereWith({
              resource: change.resource_id,
              from: undefined,
              before: undefined,
              page: undefined,
            })}
          >
            All changes of this {what}
          </Link>
        </p>
        <DiffView
          before={withoutTimes(change.before)}
          after={withoutTimes(change.after)}
          label={`What ${visible(change.who)} changed`}
        />
      </details>
    </li>
  )
}

const perPage = 20

/** The tab, for a gateway, or for all of an account if `gateway` is empty. */
export const AuditTrail = ({ account, gateway }: { readonly account: string; readonly gateway: string }) => {
  const { searchParams } = useAddress()
  const asked = (name: string): string | undefined => searchParams.get(name) ?? undefined
  const page = Number(asked("page") ?? 1)
  const parameters = {
    gateway,
    who: asked("who"),
    kind: asked("kind"),
    resource: asked("resource"),
    since: asked("from"),
    until: asked("before"),
    page,
    per_page: perPage,
  }
  const path = `${accountPath(account)}/audit`
  const changes = useLoaded(
    `${path} ${JSON.stringify(parameters)}`,
    (signal) => getPage<ReadonlyArray<Change>, { readonly total_count: number }>(path, parameters, signal),
    15_000,
  )
  const list = changes.value?.result ?? []
  const total = changes.value?.info.total_count ?? 0
  const who = [
    ...new Set([
      ...list.map((change) => change.who),
      ...(parameters.who ?? "") === "" ? [] : [parameters.who ?? ""],
    ]),
  ]
  const set = (values: Readonly<Record<string, string | undefined>>): void =>
    go(hereWith({ ...values, page: undefined }))
  const isFiltered = ["who", "kind", "resource", "from", "before"].some((name) => asked(name) !== undefined)
  return (
    <Panel title={gateway === "" ? `Changes in ${account}` : `Changes of ${gateway}`}>
      <div class="filters">
        <div class="spans" role="group" aria-label="When">
          {spans().map(([name, from, before]) => (
            <button
              key={name}
              type="button"
              aria-pressed={parameters.since === from && parameters.until === before}
              onClick={() => set({ from, before })}
            >
              {name}
            </button>
          ))}
        </div>
        <label>
          <span class="heard">What was changed</span>
          <select
            value={parameters.kind ?? ""}
            onChange={({ currentTarget }) => set({ kind: currentTarget.value })}
          >
            <option value="">Everything</option>
            {Object.entries(kinds).map(([kind, name]) => <option key={kind} value={kind}>{name}s</option>)}
          </select>
        </label>
        <label>
          <span class="heard">Who changed it</span>
          <select
            value={parameters.who ?? ""}
            onChange={({ currentTarget }) => set({ who: currentTarget.value })}
          >
            <option value="">Everyone</option>
            {who.map((name) => <option key={name} value={name}>{visible(name)}</option>)}
          </select>
        </label>
        {isFiltered && (
          <button
            type="button"
            class="quiet"
            onClick={() =>
              set({
                who: undefined,
                kind: undefined,
                resource: undefined,
                from: undefined,
                before: undefined,
              })}
          >
            Clear
          </button>
        )}
      </div>
      {changes.error !== undefined && <Problem error={changes.error} onRetry={changes.reload} />}
      {changes.value === undefined && changes.error === undefined && <p role="status">Loading…</p>}
      {changes.value !== undefined && list.length === 0 && (
        <p class="note">
          {isFiltered
            ? "Nothing was changed that fits."
            : "Nothing was changed yet. What is changed on this page or through the API stands here, with who did it. Changes of " +
              "a settings file do not: its history is where the file is kept."}
        </p>
      )}
      <ol class="audit">
        {list.map((change) => <Item key={change.id} change={change} isOpen={list.length === 1} />)}
      </ol>
      <Pager page={page} perPage={perPage} total={total} label="Pages of the audit" />
    </Panel>
  )
}
