import { counting, overTcp, sharedContract } from "./shared.ts"

sharedContract("deno", counting, overTcp())
