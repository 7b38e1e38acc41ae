/**
 * The settings of a gateway, each with its value and its origin.
 *
 * @module
 */
import { useState } from "preact/hooks"
import { Description } from "./description.tsx"
import { ReadOnly } from "./dialog.tsx"
import { bytes, time, unknown, visible } from "./format.ts"
import { grouped, isOfAccount, ownPages } from "./gateway-schema.ts"
import type { GatewayState, Origins } from "./gateway-state.ts"
import { hereWith, Link } from "./location.tsx"
import { CommandLine, Panel } from "./parts.tsx"
import { firstCall } from "./welcome.tsx"
import { useCanWrite, useSession } from "./session.ts"

/** A value as text; milliseconds and bytes are also shown in a readable form. */
const shown = (name: string, value: unknown): string => {
  if (typeof value === "number" && /(_timeout|^retry_delay)$/.test(name)) return `${value} (${time(value)})`
  if (typeof value === "number" && /(body|payload)_limit$/.test(name)) return `${value} (${bytes(value)})`
  if (value === null || value === undefined) return unknown
  if (typeof value === "object") {
    return Object.keys(value).length === 0 ? "none" : JSON.stringify(value, null, 2)
  }
  return String(value)
}

/** The origin of a setting, in words. */
const originText = ({ entry, settings }: Origins, name: string): string => {
  const origin = settings[name]
  if (origin === undefined) return "default"
  const at = origin.at ?? ""
  if (origin.from === "defaults") return `defaults of ${at}`
  return entry === "managed" ? "written here" : at
}

/** The origin of a gateway's entry, in words. */
export const entryText = ({ entry, at }: Origins): string =>
  entry === "managed"
    ? "Written through this page or the management API."
    : entry === "declared"
    ? `Declared in ${at}.`
    : entry === "shared"
    ? `Without an entry of its own: that of * holds, in ${at}.`
    : "Nothing is declared: every gateway has the defaults."

const Row = ({ name, state }: { readonly name: string; readonly state: GatewayState }) => {
  const { description } = state.schema[name] ?? {}
  const tab = ownPages[name]
  return (
    <tr>
      <th scope="row">
        <details class="about">
          <summary>
            <code>{name}</code>
          </summary>
          {description === undefined
            ? <p class="note">There is no description.</p>
            : <Description text={description} />}
        </details>
      </th>
      <td class="value">
        {tab === undefined
          ? <bdi>{visible(shown(name, state.json[name]))}</bdi>
          : (
            <Link href={hereWith({ tab, ...(isOfAccount(tab) && { gateway: undefined }) })}>
              shown on a page of their own
            </Link>
          )}
      </td>
      <td class="origin">
        <bdi>{visible(originText(state.origins, name))}</bdi>
      </td>
    </tr>
  )
}

/** Why nothing can be edited; `undefined` if it can. */
const whyNot = (
  { origins }: GatewayState,
  canWrite: boolean,
  name: string | undefined,
): string | undefined => {
  if (origins.entry === "declared") {
    return `These settings are declared in ${origins.at}: change them there. They hold at once when a file is saved.`
  }
  if (origins.entry !== "managed") {
    return "This gateway has no entry of its own. Create one with its name to give it settings."
  }
  return canWrite
    ? undefined
    : `The admin token "${name}" may only read. One with the role write may change this.`
}

export const SettingsView = (
  { account, gateway, state }: {
    readonly account: string
    readonly gateway: string
    readonly state: GatewayState
  },
) => {
  const [showsAll, setShowsAll] = useState(false)
  const why = whyNot(state, useCanWrite(), useSession()?.name)
  const names = Object.keys(state.schema).filter((name) =>
    showsAll || state.origins.settings[name] !== undefined
  )
  return (
    <>
      <div class="row bar">
        {why === undefined
          ? <Link class="button primary" href={hereWith({ edit: "form" })}>Edit the settings</Link>
          : <ReadOnly why={why} />}
        <label class="check">
          <input
            type="checkbox"
            checked={showsAll}
            onChange={({ currentTarget }) => setShowsAll(currentTarget.checked)}
          />{" "}
          Show settings that have their default
        </label>
      </div>
      {names.length === 0 && (
        <Panel title="Every setting has its default">
          <p class="note">Tick the box above to see what they are.</p>
        </Panel>
      )}
      {grouped(names).map(([title, names]) => (
        <Panel key={title} title={title}>
          <div class="scroll" tabIndex={0} role="region" aria-label={title}>
            <table class="settings">
              <thead class="heard">
                <tr>
                  <th scope="col">Setting</th>
                  <th scope="col">Value</th>
                  <th scope="col">Comes from</th>
                </tr>
              </thead>
              <tbody>
                {names.map((name) => <Row key={name} name={name} state={state} />)}
              </tbody>
            </table>
          </div>
        </Panel>
      ))}
      <Panel title="Call it">
        <CommandLine text={firstCall(account, gateway)} />
      </Panel>
      <details class="panel">
        <summary>As the management API shows it</summary>
        <CommandLine text={JSON.stringify(state.json, null, 2)} />
      </details>
    </>
  )
}
