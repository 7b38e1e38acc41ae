/**
 * `npm run test:contract -- <runtime> [<subject>...]`: the contract on one runtime, or only some of its subjects.
 *
 * workerd is given a fresh build, since it runs that.
 *
 * @module
 */
import { execFileSync } from "node:child_process"
import process from "node:process"
import { runtimes } from "../support/spawn-gateway.ts"
import { contract, subjectNames } from "./contract.ts"

const [name, ...chosen] = process.argv.slice(2)
const runtime = runtimes.find((known) => known === name)
const unknown = chosen.filter((subject) => !subjectNames.includes(subject))
if (runtime === undefined || unknown.length > 0) {
  console.error(
    `${runtime === undefined ? "No such runtime" : `No such subject: ${unknown.join(", ")}`}\n
npm run test:contract -- <${runtimes.join("|")}> [<subject>...]\n\nSubjects: ${subjectNames.join(", ")}`,
  )
  process.exit(2)
}
if (runtime === "workerd") execFileSync("npm", ["run", "-s", "build"], { stdio: "inherit" })
contract(runtime, chosen.length === 0 ? subjectNames : chosen)
