/**
 * The facts of one request, in words and figures.
 *
 * @module
 */
import type { ComponentChildren } from "preact"
import { bytes, count, time, unknown, visible } from "./format.ts"
import { Text, Time } from "./parts.tsx"
import type { EntryDetail } from "./types.ts"

const Fact = ({ name, children }: { readonly name: string; readonly children: ComponentChildren }) => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
)

/** Who called what, and how the request ended. */
export const Facts = ({ entry }: { readonly entry: EntryDetail }) => (
  <dl class="facts">
    <Fact name="Came">
      <Time at={entry.created_at} />
    </Fact>
    <Fact name="Status">
      {entry.status_code}
      {entry.upstream_status !== null && entry.upstream_status !== entry.status_code &&
        ` (provider: ${entry.upstream_status})`}
    </Fact>
    {entry.error !== null && (
      <Fact name="Error">
        <Text>{entry.error}</Text>
        {entry.error_code !== null && ` (code ${entry.error_code})`}
      </Fact>
    )}
    <Fact name="Duration">{time(entry.duration)}</Fact>
    <Fact name="First token">{time(entry.time_to_first_token_ms)}</Fact>
    <Fact name="Tokens a second">
      {entry.tokens_per_second === null ? unknown : count(entry.tokens_per_second)}
    </Fact>
    {entry.requested_model !== null && (
      <Fact name="Asked for">
        <Text>{entry.requested_model}</Text>
      </Fact>
    )}
    <Fact name="Called">
      <Text>{entry.provider}</Text> · <Text>{entry.deployment ?? entry.model}</Text>
    </Fact>
    <Fact name="Route">
      <Text>{entry.request_type}</Text>
    </Fact>
    <Fact name="Token">
      <Text>{entry.token ?? (entry.authentication ? "one without a name" : "none")}</Text>
    </Fact>
    <Fact name="Provider's key">
      {keyWords[entry.key] ?? entry.key}
      {entry.key_alias != null && (
        <>
          : <Text>{entry.key_alias}</Text>
        </>
      )}
    </Fact>
    {entry.dynamic_route != null && (
      <Fact name="Way through the route">
        <Text>{entry.dynamic_route}</Text>
      </Fact>
    )}
    {entry.dlp !== null && (
      <Fact name="Policies">
        <Text>{dlpText(entry.dlp)}</Text>
      </Fact>
    )}
    {(entry.guardrails ?? []).map((verdict, index) => (
      <Fact key={`guardrails ${index}`} name={`Guardrails, ${verdict.phase}`}>
        <Text>{verdictText(verdict)}</Text>
      </Fact>
    ))}
    <Fact name="Sizes">{bytes(entry.request_bytes)} up, {bytes(entry.response_bytes)} down</Fact>
    {entry.changes.length > 0 && (
      <Fact name="Changed for the fall-back">
        <Text>{entry.changes.join(", ")}</Text>
      </Fact>
    )}
    {Object.entries(entry.metadata).map(([name, value]) => (
      <Fact key={name} name={visible(name)}>
        <Text>{String(value)}</Text>
      </Fact>
    ))}
  </dl>
)

const actions: Readonly<Record<string, string>> = {
  FLAG: "flagged",
  BLOCK: "blocked",
  MASK: "masked",
  MASK_RESTORE: "masked, and put back in the answer",
  unavailable: "the scanner was not available",
}

const dlpText = ({ action, policies, profiles, check }: NonNullable<EntryDetail["dlp"]>): string => {
  const where = check === "REQUEST" ? "request" : "answer"
  const of = profiles.length === 0 ? "" : ` (${profiles.join(", ")})`
  return `${policies.join(", ")}${of}: ${where} ${actions[action] ?? action}`
}

const verdictText = ({ category, action }: NonNullable<EntryDetail["guardrails"]>[number]): string =>
  `${category === null ? "" : `${category}: `}${actions[action] ?? action}`

const keyWords: Readonly<Record<string, string>> = {
  caller: "the caller's own",
  stored: "one that the gateway keeps",
  none: "none was sent",
}

/** The logged headers, none of which may contain a secret. */
export const Headers = ({ entry }: { readonly entry: EntryDetail }) => {
  const headers = [
    ["user-agent", entry.user_agent],
    ["content-type", entry.request_content_type],
    ["content-type of the answer", entry.response_content_type],
    ["cf-aig-log-id", entry.id],
    ["cf-aig-event-id", entry.event_id],
    ["x-baseten-request-id", entry.baseten_request_id ?? ""],
  ]
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Headers">
      <table class="pairs">
        <tbody>
          <tr>
            <th scope="row">{entry.method}</th>
            <td>
              <Text>{entry.path}</Text>
            </td>
          </tr>
          {headers.map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>
                <Text>{value}</Text>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
