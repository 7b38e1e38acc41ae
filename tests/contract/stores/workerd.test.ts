import { contract } from "../contract.ts"
import { countingAtOnce, overHttp } from "./shared.ts"

contract("workerd", countingAtOnce, overHttp())
