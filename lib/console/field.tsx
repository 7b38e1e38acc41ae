/**
 * A form control with its label, its help text, and the problem with its value.
 *
 * @module
 */
import type { ComponentChildren } from "preact"
import { useId } from "preact/hooks"

export const Field = ({ label, help, problem, children }: {
  readonly label: string
  readonly help: string
  readonly problem: string | undefined
  readonly children: (aria: {
    readonly id: string
    readonly "aria-describedby": string
    readonly "aria-invalid": boolean
  }) => ComponentChildren
}) => {
  const id = useId()
  return (
    <div class="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, "aria-describedby": `${id}-help`, "aria-invalid": problem !== undefined })}
      <p id={`${id}-help`} class="note">
        {problem !== undefined && <span class="field-problem" role="alert">{problem}</span>} {help}
      </p>
    </div>
  )
}
