import { counting, overTcp, sharedContract } from "./shared.ts"

sharedContract("node", counting, overTcp())
