import { counting, overTcp, sharedContract } from "./shared.ts"

sharedContract("bun", counting, overTcp())
