/**
 * Evaluations: results for selected requests by evaluators and judges, and the comparison of two evaluations.
 *
 * @module
 */
import "./gateways.css"
import "./evaluations.css"
import { gatewayApiPath } from "./api.ts"
import type { PageProps } from "./app.tsx"
import { Compare } from "./evaluation-compare.tsx"
import { EvaluationList } from "./evaluation-list.tsx"
import { EvaluationView } from "./evaluation-view.tsx"
import { Datasets } from "./datasets.tsx"
import { Judges } from "./judges.tsx"
import { hereWith, useAddress } from "./location.tsx"
import { TabBar } from "./tab-bar.tsx"
import { Welcome } from "./welcome.tsx"

const tabs = [["", "Evaluations"], ["datasets", "Datasets"], ["judges", "Judges"]] as const

/** Parameters that belong to one tab, reset for the others. */
const none = { evaluation: undefined, with: undefined, filters: undefined, new: undefined, view: undefined }

export const EvaluationsPage = ({ scope, accounts }: PageProps) => {
  const { searchParams } = useAddress()
  const tab = searchParams.get("tab") ?? ""
  const id = searchParams.get("evaluation")
  const other = searchParams.get("with")
  if (accounts.length === 0 || scope.gateway === "") return <Welcome />
  const common = {
    account: scope.account,
    gateway: scope.gateway,
    path: gatewayApiPath(scope.account, scope.gateway),
  }
  return (
    <>
      <TabBar tabs={tabs} tab={tab} hrefOf={(name) => hereWith({ ...none, tab: name })} />
      {tab === "datasets"
        ? <Datasets key={scope.gateway} {...common} />
        : tab === "judges"
        ? <Judges key={scope.account} account={scope.account} />
        : id !== null && other !== null
        ? <Compare key={`${id} ${other}`} {...common} ids={[id, other]} />
        : id !== null
        ? <EvaluationView key={id} {...common} id={id} />
        : <EvaluationList key={scope.gateway} {...common} />}
    </>
  )
}
