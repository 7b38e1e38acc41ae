/**
 * The outcome of a call from the playground.
 *
 * @module
 */
import { count, money, time, unknown, visible } from "./format.ts"
import { Link, pageHref } from "./location.tsx"
import { Panel, Problem } from "./parts.tsx"
import type { Run } from "./playground-call.ts"

export const AnswerPanel = ({ run, gateway }: { readonly run: Run; readonly gateway: string }) => (
  <Panel title="Answer">
    <dl class="facts inline">
      <div>
        <dt>Status</dt>
        <dd>{run.status ?? unknown}</dd>
      </div>
      <div>
        <dt>First token</dt>
        <dd>{time(run.firstMs)}</dd>
      </div>
      <div>
        <dt>Total</dt>
        <dd>{run.isRunning ? "…" : time(run.totalMs)}</dd>
      </div>
      <div>
        <dt>Tokens</dt>
        <dd>{count(run.entry?.tokens_in)} → {count(run.entry?.tokens_out)}</dd>
      </div>
      <div>
        <dt>Cost</dt>
        <dd>{money(run.entry?.cost)}</dd>
      </div>
    </dl>
    {run.problem !== undefined && <Problem error={run.problem} />}
    {run.reasoning !== "" && (
      <details>
        <summary>Reasoning</summary>
        <p class="answer">{visible(run.reasoning)}</p>
      </details>
    )}
    <p class="answer" aria-live="polite" aria-busy={run.isRunning}>
      {visible(run.text)}
      {run.isRunning && <span class="caret" />}
    </p>
    {run.entry !== undefined && (
      <p>
        <Link href={pageHref("/console/log", { entry: run.entry.id, gateway })}>Show it in the log</Link>
      </p>
    )}
    {run.headers.length > 0 && (
      <details>
        <summary>Headers of the answer</summary>
        <table class="pairs">
          <tbody>
            {run.headers.map(([name, value]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>
                  <bdi>{visible(value)}</bdi>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    )}
  </Panel>
)
