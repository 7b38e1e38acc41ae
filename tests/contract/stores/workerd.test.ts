import { countingAtOnce, overHttp, sharedContract } from "./shared.ts"

sharedContract("workerd", countingAtOnce, overHttp())
