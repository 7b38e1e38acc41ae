/**
 * Health: what runs, and how it fares.
 *
 * @module
 */
import type { ComponentChildren } from "preact"
import type { PageProps } from "./app.tsx"
import { accountPath, get } from "./api.ts"
import { count, time, visible } from "./format.ts"
import { Badge, Panel, Problem, Time, useLoaded } from "./parts.tsx"
import type { Status } from "./types.ts"

const Row = ({ name, children, state }: {
  readonly name: string
  readonly children: ComponentChildren
  readonly state?: "good" | "bad" | "left"
}) => (
  <tr>
    <th scope="row">{name}</th>
    <td>{children}</td>
    <td class="state">
      {state !== undefined && (
        <Badge kind={state}>{state === "good" ? "fine" : state === "bad" ? "look here" : "waiting"}</Badge>
      )}
    </td>
  </tr>
)

/** The page. */
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
  const { settings, log } = value
  return (
    <>
      {status.error !== undefined && <Problem error={status.error} onRetry={status.reload} />}
      <div class="tables">
        <Panel title="Process">
          <table class="pairs">
            <tbody>
              <Row name="Version">basegate {value.version}</Row>
              <Row name="Runtime">{value.runtime ?? "–"}</Row>
              <Row name="Started">
                <Time at={value.started_at} />, {time(Date.now() - Date.parse(value.started_at))} ago
              </Row>
              <Row name="In flight now">{count(value.in_flight)}, open streams included</Row>
            </tbody>
          </table>
        </Panel>
        <Panel title="Settings">
          <table class="pairs">
            <tbody>
              <Row name="Version" state={settings.problem === null ? "good" : "bad"}>
                {count(settings.version)}
              </Row>
              <Row name="In force since">
                <Time at={settings.loaded_at} />
              </Row>
              <Row name="Declared in">
                <bdi>
                  {settings.source === ""
                    ? "nothing: every gateway has the defaults"
                    : visible(settings.source)}
                </bdi>
              </Row>
              {settings.problem !== null && (
                <Row name="Not in force" state="bad">
                  <bdi>{visible(settings.problem)}</bdi>
                </Row>
              )}
            </tbody>
          </table>
        </Panel>
        <Panel title="Request log">
          <table class="pairs">
            <tbody>
              <Row name="Kept in" state={log.healthy ? "good" : "bad"}>
                {log.kind === "memory" ? "memory" : log.kind}
                {!log.healthy && ": the file that BASEGATE_DB names cannot be used, standard error says why"}
              </Row>
              <Row name="Entries">{count(log.entries)}</Row>
              <Row name="Not yet written" state={log.pending > 1000 ? "left" : "good"}>
                {count(log.pending)}
              </Row>
              <Row name="Given up since the start" state={log.dropped === 0 ? "good" : "bad"}>
                {count(log.dropped)}
              </Row>
            </tbody>
          </table>
        </Panel>
        <Panel title="OpenTelemetry">
          <table class="pairs">
            <tbody>
              <Row name="Not taken by the collector" state={value.export_dropped === 0 ? "good" : "bad"}>
                {count(value.export_dropped)} since the start
              </Row>
            </tbody>
          </table>
        </Panel>
      </div>
      <p class="note">
        These are of the process that answers (on Workers: of one isolate). The page looks every three
        seconds.
      </p>
    </>
  )
}
