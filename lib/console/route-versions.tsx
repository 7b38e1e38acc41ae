/**
 * The versions of a route: drafts, the deployed one, and previous ones.
 *
 * @module
 */
import { ChangeColumn } from "./list-parts.tsx"
import { hereWith, Link } from "./location.tsx"
import { Badge, Table, Text, Time } from "./parts.tsx"
import type { Version } from "./route-view.tsx"

export const Versions = ({ versions, shown, canWrite, onDeploy }: {
  readonly versions: ReadonlyArray<Version>
  readonly shown: string | undefined
  readonly canWrite: boolean
  readonly onDeploy: (version: Version) => void
}) => {
  const holds = versions.findIndex(({ active }) => active === "true")
  return (
    <Table
      label="Versions"
      class="stack"
      heads={["Version of", "Comment", "State"]}
      last={canWrite && <ChangeColumn />}
    >
      {versions.map((version, index) => (
        <tr key={version.version_id}>
          <th scope="row">
            <Link
              href={hereWith({ version: version.version_id, editing: undefined })}
              aria-current={version.version_id === shown ? "page" : undefined}
            >
              <Time at={version.created_at} />
            </Link>
          </th>
          <td data-label="Comment">
            <Text>{version.comment}</Text>
          </td>
          <td data-label="State">
            {index === holds
              ? <Badge kind="good">deployed</Badge>
              : <span class="note">{index < holds ? "draft" : "before"}</span>}
          </td>
          {canWrite && (
            <td class="does">
              {index !== holds && (
                <button type="button" class="quiet" onClick={() => onDeploy(version)}>
                  {index < holds ? "Deploy" : "Roll back to this"}
                </button>
              )}
            </td>
          )}
        </tr>
      ))}
    </Table>
  )
}
