import { contract } from "../contract.ts"
import { counting, overTcp } from "./shared.ts"

contract("bun", counting, overTcp())
