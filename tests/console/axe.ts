/**
 * What axe has to say of a page.
 *
 * @module
 */
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import type { Page } from "playwright-core"

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")

interface Finding {
  readonly id: string
  readonly impact: string
  readonly nodes: ReadonlyArray<{ readonly html: string }>
}

/** What axe finds serious; it is evaluated from outside, since the page's own policy lets no script in. */
export const seriousFindings = async (
  page: Page,
  options: { readonly runOnly?: ReadonlyArray<string> } = {},
): Promise<ReadonlyArray<string>> => {
  await page.evaluate(`window.axe === undefined && (() => { ${axe} })()`)
  const run = `axe.run(${JSON.stringify({ resultTypes: ["violations"], ...options })})`
  const violations = await page.evaluate(`${run}.then(({ violations }) => violations)`) as ReadonlyArray<
    Finding
  >
  return violations.filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ").slice(0, 300)}`)
}
