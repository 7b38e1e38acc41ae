import { keptContract } from "./shared.ts"

keptContract("bun")
