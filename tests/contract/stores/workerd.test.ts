import { contract } from "../contract.ts"
import { counting, overHttp } from "./shared.ts"

contract("workerd", counting, overHttp())
