import { keptContract } from "./shared.ts"

keptContract("deno")
