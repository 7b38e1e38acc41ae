/** The Postgres log on each runtime that connects to it. */
import { after, before, describe, test } from "node:test"
import { anyPostgres, withoutPostgres } from "../../support/postgres-server.ts"
import { describeCases } from "../../support/sqlite-cases.ts"
import { cases } from "./cases.ts"

if (withoutPostgres === false) {
  describe("Postgres", () => {
    let server: Awaited<ReturnType<typeof anyPostgres>>
    const databases: Array<string> = []
    before(async () => {
      server = await anyPostgres()
      for (let made = 0; made < 3; made++) databases.push(await server.newDatabase())
    })
    after(async () => await server?.close())
    describeCases("the request log in Postgres", "tests/request-log/postgres/main.ts", Object.keys(cases), {
      onNode: true,
      onNodeAlone: ["it gives the same answers where a log has more days than a statement looks at"],
      // Each runtime has a database of its own.
      variables: () => ({ BASEGATE_TEST_DATABASE: databases.pop() ?? "" }),
    })
  })
} else test("the request log in Postgres", { skip: withoutPostgres })
