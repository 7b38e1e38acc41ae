/**
 * Custom providers of an account: listing, adding, changing and deleting them.
 *
 * @module
 */
import { ChangeColumn, RowButtons, WhyReadOnly } from "./list-parts.tsx"
import { ProviderForm } from "./provider-form.tsx"
import { useState } from "preact/hooks"
import { accountPath, getPage } from "./api.ts"
import { useDoing } from "./dialog.tsx"
import { Confirm } from "./form-dialog.tsx"
import { count, visible } from "./format.ts"
import { Badge, Panel, Problem, Table, Text, Time, useLoaded } from "./parts.tsx"
import { useCanWrite } from "./session.ts"
import { getVersioned, type Versioned, write } from "./write.ts"

/** A custom provider, with masked secrets. */
export interface Provider {
  readonly id: string
  readonly slug: string
  readonly name: string
  readonly description?: string
  readonly base_url: string
  readonly allow_http: boolean
  readonly enable: boolean
  /** A JSON object as text. */
  readonly headers: string
  readonly modified_at: string
}

/** Headers, one per line. */
export const headerLines = (headers: string): string =>
  Object.entries(JSON.parse(headers) as Record<string, string>).map(([name, value]) => `${name}: ${value}`)
    .join("\n")

type Asked =
  | { readonly what: "new" }
  | { readonly what: "edit"; readonly known: Versioned<Provider> }
  | { readonly what: "delete"; readonly provider: Provider }

export const Providers = ({ account }: { readonly account: string }) => {
  const path = `${accountPath(account)}/custom-providers`
  const canWrite = useCanWrite()
  const [asked, setAsked] = useState<Asked | undefined>(undefined)
  const list = useLoaded(path, (signal) => getPage<ReadonlyArray<Provider>>(path, { per_page: 100 }, signal))
  const opening = useDoing()
  const providers = list.value?.result ?? []
  const close = (): void => setAsked(undefined)
  return (
    <Panel
      title={list.value === undefined
        ? "Custom providers"
        : `${count(providers.length)} custom ${providers.length === 1 ? "provider" : "providers"}`}
      aside={canWrite && (
        <button type="button" class="primary" onClick={() => setAsked({ what: "new" })}>
          New custom provider
        </button>
      )}
    >
      <p class="note">
        All managed gateways of this account may call them. Those that a settings file declares stand with the
        gateways that it declares.
      </p>
      <WhyReadOnly what="providers" />
      {list.error !== undefined && <Problem error={list.error} onRetry={list.reload} />}
      {opening.problem !== undefined && <Problem error={opening.problem} />}
      {list.value !== undefined && providers.length === 0 && (
        <p class="note">
          There is none yet. A custom provider is any host that speaks OpenAI's wire, or its own.
        </p>
      )}
      {providers.length > 0 && (
        <Table
          label="Custom providers"
          class="stack"
          heads={["Slug", "Name", "Base URL", "Headers", "Changed"]}
          last={canWrite && <ChangeColumn />}
        >
          {providers.map((provider) => (
            <tr key={provider.id}>
              <th scope="row">
                custom-{provider.slug} {!provider.enable && <Badge kind="left">off</Badge>}
              </th>
              <td data-label="Name">
                <Text>{provider.name}</Text>
                {provider.description !== undefined && provider.description !== "" && (
                  <div class="note">
                    <Text>{provider.description}</Text>
                  </div>
                )}
              </td>
              <td data-label="Base URL">
                <Text>{provider.base_url}</Text>
              </td>
              <td data-label="Headers" class="lines">
                <Text>{headerLines(provider.headers)}</Text>
              </td>
              <td data-label="Changed">
                <Time at={provider.modified_at} />
              </td>
              {canWrite && (
                <RowButtons
                  name={provider.slug}
                  actions={{
                    Edit: () =>
                      opening.run(async () =>
                        setAsked({
                          what: "edit",
                          known: await getVersioned<Provider>(`${path}/${provider.id}`),
                        })
                      ),
                    Delete: () => setAsked({ what: "delete", provider }),
                  }}
                />
              )}
            </tr>
          ))}
        </Table>
      )}
      {(asked?.what === "new" || asked?.what === "edit") && (
        <ProviderForm
          path={path}
          known={asked.what === "edit" ? asked.known : undefined}
          onClose={close}
          onDone={() => {
            close()
            list.reload()
          }}
        />
      )}
      {asked?.what === "delete" && (
        <Confirm
          title={`Delete custom-${visible(asked.provider.slug)}`}
          action="Delete the provider"
          name={asked.provider.slug}
          onClose={close}
          onDone={list.reload}
          onDo={() => write("DELETE", `${path}/${asked.provider.id}`)}
        >
          <p>Calls to it fail from then on.</p>
        </Confirm>
      )}
    </Panel>
  )
}
