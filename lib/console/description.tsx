/**
 * Renders the description of a setting: the subset of Markdown that descriptions use.
 *
 * @module
 */

/** A line with inline code. */
const Inline = ({ text }: { readonly text: string }) => (
  <>
    {text.split("`").map((part, index) => index % 2 === 1 ? <code key={index}>{part}</code> : part)}
  </>
)

const Block = ({ text }: { readonly text: string }) =>
  text.startsWith("- ")
    ? (
      <ul>
        {text.split(/\n(?=- )/).map((item) => (
          <li key={item}>
            <Inline text={item.slice(2)} />
          </li>
        ))}
      </ul>
    )
    : (
      <p>
        <Inline text={text} />
      </p>
    )

/** Paragraphs and lists; with `isShort`, all but the first are shown on demand. */
export const Description = (
  { text, isShort = false }: { readonly text: string; readonly isShort?: boolean },
) => {
  const blocks = text.split(/\n{2,}/)
  const [first = "", ...rest] = blocks
  const isLong = isShort && rest.some((block) => block.startsWith("- "))
  return (
    <div class="description">
      {(isLong ? [first] : blocks).map((block) => <Block key={block} text={block} />)}
      {isLong && (
        <details>
          <summary>More</summary>
          {rest.map((block) => <Block key={block} text={block} />)}
        </details>
      )}
    </div>
  )
}
