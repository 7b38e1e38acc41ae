/**
 * Judges: models with which an account judges answers. They can be created, changed and deleted.
 *
 * @module
 */
import { useState } from "preact/hooks"
import { accountPath } from "./api.ts"
import { Confirm } from "./form-dialog.tsx"
import { isJudge, type Judge, loadTypes } from "./evaluation-data.ts"
import { count, money, visible } from "./format.ts"
import { JudgeForm } from "./judge-form.tsx"
import { ChangeColumn, RowButtons, titled, WhyReadOnly } from "./list-parts.tsx"
import { go, hereWith, useAddress } from "./location.tsx"
import { Panel, Problem, Table, Text, Time, useLoaded } from "./parts.tsx"
import { write } from "./write.ts"
import { useCanWrite } from "./session.ts"

export const Judges = ({ account }: { readonly account: string }) => {
  const { searchParams } = useAddress()
  const canWrite = useCanWrite()
  const [edited, setEdited] = useState<Judge | undefined>(undefined)
  const [deleted, setDeleted] = useState<Judge | undefined>(undefined)
  const path = `${accountPath(account)}/evaluation-types`
  const list = useLoaded(
    `${path} judges`,
    async (signal) => (await loadTypes(account, signal)).filter(isJudge),
  )
  const judges = list.value ?? []
  const isNew = canWrite && searchParams.get("new") === "1"
  const close = (): void => {
    setEdited(undefined)
    go(hereWith({ new: undefined }))
  }
  return (
    <Panel
      title={titled(list.value?.length, "judge", "judges")}
      aside={canWrite && (
        <button type="button" class="primary" onClick={() => go(hereWith({ new: "1" }))}>New judge</button>
      )}
    >
      <WhyReadOnly what="judges" />
      {list.error !== undefined && <Problem error={list.error} onRetry={list.reload} />}
      {list.value === undefined && list.error === undefined && <p role="status">Loading…</p>}
      {list.value !== undefined && judges.length === 0 && (
        <div class="empty">
          <p>
            A judge is a model with your criteria. It reads a request and its answer, and gives a score from 0
            to 1, or says whether the answer passes.
          </p>
        </div>
      )}
      {judges.length > 0 && (
        <Table
          label="Judges"
          class="stack"
          heads={["Name", "Model", "Verdict", "#Requests of a run", "#Cost of a run", "Changed"]}
          last={canWrite && <ChangeColumn />}
        >
          {judges.map((judge) => (
            <tr key={judge.id}>
              <th scope="row">
                <Text>{judge.name}</Text>
                {judge.description !== "" && (
                  <div class="note">
                    <Text>{judge.description}</Text>
                  </div>
                )}
              </th>
              <td data-label="Model">
                <Text>{judge.model}</Text>
              </td>
              <td data-label="Verdict">{judge.verdict === "pass" ? "pass or fail" : "score from 0 to 1"}</td>
              <td data-label="Requests of a run" class="number">up to {count(judge.sample)}</td>
              <td data-label="Cost of a run" class="number">
                {judge.max_cost === null ? "not limited" : `up to ${money(judge.max_cost)}`}
              </td>
              <td data-label="Changed">
                <Time at={judge.modified_at} />
              </td>
              {canWrite && (
                <RowButtons
                  name={judge.name}
                  actions={{ Edit: () => setEdited(judge), Delete: () => setDeleted(judge) }}
                />
              )}
            </tr>
          ))}
        </Table>
      )}
      {(isNew || edited !== undefined) && (
        <JudgeForm
          key={edited?.id ?? "new"}
          path={path}
          judge={edited}
          onClose={close}
          onDone={() => {
            close()
            list.reload()
          }}
        />
      )}
      {deleted !== undefined && (
        <Confirm
          title={`Delete ${visible(deleted.name)}`}
          action="Delete the judge"
          onClose={() => setDeleted(undefined)}
          onDone={list.reload}
          onDo={() => write("DELETE", `${path}/${deleted.id}`)}
        >
          <p>Evaluations keep what it has found, and cannot be run again.</p>
        </Confirm>
      )}
    </Panel>
  )
}
