/**
 * The written document that is in force, with its secrets opened.
 *
 * @module
 */
import type * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type { SettingsProblem } from "../config/declaration.ts"
import type { ManagedSettings, SettingsControlShape } from "../config/SettingsControl.ts"
import { emptyDocument, parseDocument, type SealedSecret, type WrittenDocument } from "./document.ts"
import { entriesOf } from "./entries.ts"
import type { Sealer } from "./sealing.ts"
import type { StoredDocument } from "./SettingsStore.ts"

/** The most secrets of pending changes. */
const mostFresh = 1000

type Secrets = ReadonlyMap<string, Redacted.Redacted<string>>

/** Secrets as they are stored, by id. */
export type SealedSecrets = Readonly<Record<string, SealedSecret>>

/** Why some secrets of a document are missing. */
export const closedSecrets = "no key of BASEGATE_SECRET_KEY opens some of its secrets"

/** Holds one document at a time: a loaded or saved one replaces it as a whole, or not at all. */
export class DocumentInForce {
  document: WrittenDocument = emptyDocument
  version = 0
  readonly #control: SettingsControlShape
  readonly #sealer: Sealer
  /** Describes why settings are not valid. */
  readonly #sentences: (problems: ReadonlyArray<SettingsProblem>) => string
  readonly #onPut: () => void
  /** Opened secrets, by id. */
  #opened: Secrets = new Map()
  /** Secrets of pending changes. */
  readonly #fresh = new Map<string, Redacted.Redacted<string>>()
  /** Numbers the loads, so that an earlier load never replaces a later one. */
  #loads = 0
  #lastLoad = 0

  /** @param onPut called whenever another document is in force */
  constructor(
    control: SettingsControlShape,
    sealer: Sealer,
    sentences: (problems: ReadonlyArray<SettingsProblem>) => string,
    onPut: () => void,
  ) {
    this.#control = control
    this.#sealer = sealer
    this.#sentences = sentences
    this.#onPut = onPut
  }

  /** Puts a loaded document in force, unless a later one already is. Returns the reason if that is impossible. */
  async adopt(stored: StoredDocument): Promise<string | undefined> {
    const load = ++this.#loads
    try {
      const document = parseDocument(stored.document)
      const secrets = await this.#open(document)
      if (load < this.#lastLoad) return undefined
      this.#lastLoad = load
      const problem = this.#put(document, stored.version, secrets)
      return problem === undefined || secrets.size === Object.keys(document.secrets).length
        ? problem
        : `${problem} (${closedSecrets})`
    } catch (cause) {
      return cause instanceof Error ? cause.message : "unknown"
    }
  }
  /** Puts a saved document in force. */
  saved(text: string, version: number): void {
    const kept = parseDocument(text)
    this.#lastLoad = ++this.#loads
    const secrets = [...this.#opened, ...this.#fresh].filter(([id]) => id in kept.secrets)
    this.#put(kept, version, new Map(secrets))
  }
  /** Whether a document would be valid; puts nothing in force. */
  check(document: WrittenDocument): Result.Result<void, ReadonlyArray<SettingsProblem>> {
    return this.#control.check(this.#managed(document, this.#opened))
  }
  /** Seals the secrets again whose key is no longer the first. */
  async resealed(): Promise<SealedSecrets> {
    const anew: Record<string, SealedSecret> = {}
    for (const [id, before] of Object.entries(this.document.secrets)) {
      const secret = this.#opened.get(id)
      if (secret === undefined || !await this.#sealer.isOld(before.sealed)) continue
      anew[id] = { ...before, sealed: await this.#sealer.seal(id, secret) }
    }
    return anew
  }

  /** Remembers the secret of a pending change. */
  keepFresh(id: string, secret: Redacted.Redacted<string>): void {
    this.#fresh.set(id, secret)
    // Drops the secrets of changes that were refused before they began.
    for (const oldest of this.#fresh.keys()) if (this.#fresh.size > mostFresh) this.#fresh.delete(oldest)
  }
  /** Forgets a secret whose change has ended. */
  forgetFresh(id: string): void {
    this.#fresh.delete(id)
  }

  #managed(document: WrittenDocument, secrets: Secrets): ManagedSettings {
    return {
      gateways: entriesOf(document),
      secret: (reference) => {
        const id = reference.slice("sealed:".length)
        return secrets.get(id) ?? this.#fresh.get(id)
      },
    }
  }
  #put(document: WrittenDocument, version: number, secrets: Secrets): string | undefined {
    const done = this.#control.manage(this.#managed(document, secrets))
    if (Result.isFailure(done)) return this.#sentences(done.failure)
    this.document = document
    this.version = version
    this.#opened = secrets
    this.#onPut()
    return undefined
  }
  async #open({ secrets }: WrittenDocument): Promise<Secrets> {
    const known = this.#opened
    const all = await Promise.all(
      Object.entries(secrets).map(async ([id, { sealed }]) => {
        const secret = known.get(id) ?? this.#fresh.get(id) ?? await this.#sealer.open(id, sealed)
        return secret === undefined ? [] : [[id, secret] as const]
      }),
    )
    return new Map(all.flat())
  }
}
