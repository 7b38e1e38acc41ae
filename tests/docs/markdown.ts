/** What tests and generators read of a Markdown page. */

/** The code blocks of a page whose info string is `info`, or all of them. */
export const blocks = (
  page: string,
  info?: string,
): ReadonlyArray<{ readonly info: string; readonly text: string }> =>
  [...page.matchAll(/^```(.*)\n([^]*?)^```$/gm)]
    .map(([, name = "", text = ""]) => ({ info: name, text }))
    .filter((block) => info === undefined || block.info === info)

/** A page without its code blocks: what looks like a heading or a link within them is none. */
export const proseOf = (page: string): string => page.replaceAll(/^ *```[^]*?^ *```$/gm, "")

/** The text below a heading, up to the next of its rank or above. */
export const sectionOf = (page: string, heading: string): string => {
  const rank = /^#+/.exec(heading)?.[0].length ?? 0
  const lines = page.split("\n")
  const start = lines.indexOf(heading)
  if (start === -1) return ""
  let fenced = false
  const length = lines.slice(start + 1).findIndex((line) => {
    if (line.startsWith("```")) fenced = !fenced
    return !fenced && new RegExp(`^#{1,${rank}} `).test(line)
  })
  return lines.slice(start + 1, length === -1 ? undefined : start + 1 + length).join("\n")
}

/** The anchor that GitHub gives a heading: lower case, punctuation left out, spaces as dashes. */
const anchorOf = (heading: string): string =>
  heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(" ", "-")

/** The anchors of a page; one that is taken gets a number. */
export const anchorsOf = (page: string): ReadonlySet<string> => {
  const anchors = new Set<string>()
  for (const [, heading = ""] of proseOf(page).matchAll(/^#{1,6} (.+)$/gm)) {
    const anchor = anchorOf(heading.trim())
    let name = anchor
    for (let count = 1; anchors.has(name); count++) name = `${anchor}-${count}`
    anchors.add(name)
  }
  return anchors
}

/** The targets of a page's links. */
export const linksOf = (page: string): ReadonlyArray<string> =>
  [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target)
