/**
 * The limits that the settings of gateways declare.
 *
 * @module
 */
import { gatewayPath, getPage } from "./api.ts"
import { visible } from "./format.ts"
import { Panel, Problem, useLoaded } from "./parts.tsx"
import type { Scope } from "./scope.tsx"

interface Limited {
  readonly id: string
  readonly spend_limits?: unknown
  readonly rate_limits?: ReadonlyArray<unknown>
  readonly rate_limiting_limit?: number | null
  readonly rate_limiting_interval?: number | null
}

interface Rule {
  readonly gateway: string
  readonly kind: string
  readonly text: string
}

const rulesOf = (
  { id, spend_limits, rate_limits = [], rate_limiting_limit, rate_limiting_interval }: Limited,
): ReadonlyArray<Rule> => {
  const spend = Object(spend_limits) as { readonly rules?: ReadonlyArray<unknown> }
  const budgets = Array.isArray(spend_limits) ? spend_limits : spend.rules ?? []
  return [
    ...budgets.map((rule: unknown) => ({ gateway: id, kind: "budget", text: JSON.stringify(rule) })),
    ...rate_limits.map((rule) => ({ gateway: id, kind: "rate", text: JSON.stringify(rule) })),
    ...(rate_limiting_limit != null
      ? [{
        gateway: id,
        kind: "rate",
        text: `${rate_limiting_limit} requests in ${rate_limiting_interval} s`,
      }]
      : []),
  ]
}

/** Every rule of the chosen gateways. */
export const LimitsPanel = ({ scope }: { readonly scope: Scope }) => {
  const path = `${gatewayPath(scope.account, "")}/gateways`
  const gateways = useLoaded(
    scope.account === "" ? "" : path,
    async (signal) => (await getPage<ReadonlyArray<Limited>>(path, { per_page: 50 }, signal)).result,
  )
  const rules = (gateways.value ?? [])
    .filter(({ id }) => scope.gateway === "" || id === scope.gateway)
    .flatMap(rulesOf)
  return (
    <Panel title="Rules">
      {gateways.error !== undefined && <Problem error={gateways.error} onRetry={gateways.reload} />}
      {gateways.value !== undefined && rules.length === 0 && (
        <p class="note">
          No gateway here has a limit. Set <code>spend_limits</code> or <code>rate_limits</code>{" "}
          in its settings.
        </p>
      )}
      {rules.length > 0 && (
        <div class="scroll" tabIndex={0} role="region" aria-label="Rules">
          <table>
            <thead>
              <tr>
                <th scope="col">Gateway</th>
                <th scope="col">Kind</th>
                <th scope="col">Rule</th>
              </tr>
            </thead>
            <tbody>
              {rules.map(({ gateway, kind, text }, index) => (
                <tr key={index}>
                  <th scope="row">{gateway}</th>
                  <td>{kind}</td>
                  <td>
                    <code>{visible(text)}</code>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  )
}
