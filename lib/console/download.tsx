/**
 * Saves an answer of the API as a file.
 *
 * @module
 */
import { useState } from "preact/hooks"
import { getFile, type Parameters } from "./api.ts"
import { Problem } from "./parts.tsx"

/** A button that saves an answer, and shows that it is loading. */
export const Download = ({ path, parameters, name, label = "Download CSV" }: {
  readonly path: string
  readonly parameters: Parameters
  readonly name: string
  readonly label?: string
}) => {
  const [isBusy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>(undefined)
  const download = async (): Promise<void> => {
    setBusy(true)
    setProblem(undefined)
    try {
      const link = document.createElement("a")
      link.href = URL.createObjectURL(await getFile(path, parameters))
      link.download = name
      link.click()
      URL.revokeObjectURL(link.href)
    } catch (cause) {
      setProblem(cause)
    }
    setBusy(false)
  }
  return (
    <>
      <button type="button" disabled={isBusy} onClick={() => void download()}>
        {isBusy ? "Downloading…" : label}
      </button>
      {problem !== undefined && <Problem error={problem} />}
    </>
  )
}
