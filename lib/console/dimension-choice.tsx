/**
 * Chooses how figures are grouped: by one of some dimensions, or by a metadata key. The URL keeps it as `by`.
 *
 * @module
 */
import { go, hereWith } from "./location.tsx"

const ofMetadata = "metadata."

export const DimensionChoice = ({ label, by, dimensions }: {
  readonly label: string
  readonly by: string
  readonly dimensions: ReadonlyArray<readonly [value: string, name: string]>
}) => {
  const isKey = by.startsWith(ofMetadata)
  return (
    <>
      <label>
        <span>{label}</span>
        <select
          value={isKey ? ofMetadata : by}
          onChange={({ currentTarget: { value } }) =>
            go(hereWith({ by: value === ofMetadata ? "metadata.team" : value }))}
        >
          {dimensions.map(([value, name]) => <option key={value} value={value}>{name}</option>)}
          <option value={ofMetadata}>Metadata key…</option>
        </select>
      </label>
      {isKey && (
        <label>
          <span>Key</span>
          <input
            value={by.slice(ofMetadata.length)}
            onChange={({ currentTarget: { value } }) =>
              value !== "" && go(hereWith({ by: `metadata.${value}` }))}
          />
        </label>
      )}
    </>
  )
}
