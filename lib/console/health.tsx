/**
 * Health: the parts of the gateway, and their state.
 *
 * @module
 */
import type { ComponentChildren } from "preact"
import type { PageProps } from "./app.tsx"
import { accountPath, get } from "./api.ts"
import { count, time, visible } from "./format.ts"
import { Badge, Panel, Problem, Time, useLoaded } from "./parts.tsx"
import type { Guarantee, Status } from "./types.ts"

type State = "good" | "bad" | "left"
const stateWords = { good: "fine", bad: "look here", left: "waiting" } as const

const Row = ({ name, children, state }: {
  readonly name: string
  readonly children: ComponentChildren
  readonly state?: State
}) => (
  <tr>
    <th scope="row">{name}</th>
    <td>{children}</td>
    <td class="state">{state !== undefined && <Badge kind={state}>{stateWords[state]}</Badge>}</td>
  </tr>
)

const Pairs = ({ title, children }: { readonly title: string; readonly children: ComponentChildren }) => (
  <Panel title={title}>
    <table class="pairs">
      <tbody>{children}</tbody>
    </table>
  </Panel>
)

const Process = ({ status }: { readonly status: Status }) => (
  <Pairs title="Process">
    <Row name="Version">basegate {status.version}</Row>
    <Row name="Runtime">{status.runtime ?? "–"}</Row>
    {status.workers && (
      <Row name="Workers" state={status.workers.running < status.workers.configured ? "bad" : "good"}>
        {count(status.workers.running)} of{" "}
        {count(status.workers.configured)}; started and circuits are those of one
      </Row>
    )}
    <Row name="Started">
      <Time at={status.started_at} />, {time(Date.now() - Date.parse(status.started_at))} ago
    </Row>
    <Row name="In flight now">{count(status.in_flight)}, open streams included</Row>
  </Pairs>
)

const SettingsState = ({ settings }: Pick<Status, "settings">) => (
  <Pairs title="Settings">
    <Row name="Version" state={settings.problem === null ? "good" : "bad"}>{count(settings.version)}</Row>
    <Row name="Last reload">
      <Time at={settings.loaded_at} />
    </Row>
    <Row name="Declared in">
      <bdi>
        {settings.source === "" ? "nothing: every gateway has the defaults" : visible(settings.source)}
      </bdi>
    </Row>
    <Row name="Last problem" state={settings.problem === null ? "good" : "bad"}>
      <bdi>{settings.problem === null ? "none: the newest are in force" : visible(settings.problem)}</bdi>
    </Row>
  </Pairs>
)

const Circuits = ({ circuits }: Pick<Status, "circuits">) => (
  <Pairs title="Circuits">
    {circuits.length === 0 && <Row name="Providers" state="good">none is held back from</Row>}
    {circuits.map(({ host, state, probe_in_ms }) => (
      <Row key={host} name={visible(host)} state={state === "open" ? "bad" : "left"}>
        {state === "open"
          ? `open: it failed too often; a probe is sent in ${time(probe_in_ms)}`
          : "half open: a probe decides"}
      </Row>
    ))}
  </Pairs>
)

const LogState = ({ log }: Pick<Status, "log">) => (
  <Pairs title="Request log">
    <Row name="Kept in" state={log.healthy ? "good" : "bad"}>
      {log.kind === "memory" ? "memory" : log.kind}
      {!log.healthy && ": the file that BASEGATE_DB names cannot be used, standard error says why"}
    </Row>
    <Row name="Entries">{count(log.entries)}</Row>
    <Row name="Not yet written" state={log.pending > 1000 ? "left" : "good"}>{count(log.pending)}</Row>
    <Row name="Given up since the start" state={log.dropped === 0 ? "good" : "bad"}>{count(log.dropped)}</Row>
  </Pairs>
)

const those = {
  process: "this process alone",
  isolate: "each isolate alone",
  file: "all processes on one file",
  store: "all that share the store",
} as const

const guaranteeText = ({ among, holds }: Guarantee): string =>
  `${holds === "exact" ? "exact" : "but for what is under way"}, in ${those[among]}`

const LimitsState = ({ limits: { guarantees, store } }: Pick<Status, "limits">) => (
  <Pairs title="Limits">
    <Row name="Rates hold">{guaranteeText(guarantees.rates)}</Row>
    <Row name="Budgets hold">{guaranteeText(guarantees.budgets)}</Row>
    {store === null ? <Row name="Store" state="good">none across a network</Row> : (
      <>
        <Row name="Store" state={store.healthy ? "good" : "bad"}>
          {store.healthy ? "answers" : "does not answer: standard error says why"}
        </Row>
        <Row name="Charges that wait" state={store.owed === 0 ? "good" : "left"}>{count(store.owed)}</Row>
        {Object.entries(store.outages).map(([reason, many]) => (
          <Row key={reason} name={`Not answered: ${reason}`}>{count(many)} since the start</Row>
        ))}
      </>
    )}
  </Pairs>
)

const ExportState = ({ status }: { readonly status: Status }) => (
  <Pairs title="OpenTelemetry">
    <Row name="Exported">
      {status.exports.length === 0 ? "nothing: OTEL_* name no collector" : status.exports.join(", ")}
    </Row>
    <Row name="Not taken by the collector" state={status.export_dropped === 0 ? "good" : "bad"}>
      {count(status.export_dropped)} since the start
    </Row>
  </Pairs>
)

export const HealthPage = ({ scope }: PageProps) => {
  const account = scope.account === "" ? "all" : scope.account
  const status = useLoaded(
    `health ${account}`,
    (signal) => get<Status>(`${accountPath(account)}/status`, {}, signal),
    3_000,
  )
  const { value } = status
  if (value === undefined) {
    return status.error === undefined
      ? <p role="status">Loading…</p>
      : <Problem error={status.error} onRetry={status.reload} />
  }
  return (
    <>
      {status.error !== undefined && <Problem error={status.error} onRetry={status.reload} />}
      <div class="tables">
        <Process status={value} />
        <SettingsState settings={value.settings} />
        <LogState log={value.log} />
        <Circuits circuits={value.circuits} />
        <LimitsState limits={value.limits} />
        <ExportState status={value} />
      </div>
      <p class="note">
        These are of the process that answers (on Workers: of one isolate). The page looks every three
        seconds.
      </p>
    </>
  )
}
