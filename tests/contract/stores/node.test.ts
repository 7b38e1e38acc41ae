import { contract } from "../contract.ts"
import { counting, overTcp } from "./shared.ts"

contract("node", counting, overTcp())
