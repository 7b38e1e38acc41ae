import { keptContract } from "./shared.ts"

keptContract("node")
