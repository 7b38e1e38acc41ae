/**
 * The class of Durable Objects that `BASEGATE_OBJECTS` is bound to: each object keeps the counts of one gateway, the
 * written settings, or the log.
 *
 * An object's output gate holds answers back until their writes are on disk. Nothing else runs while a question is
 * answered, since no method waits for anything.
 *
 * @module
 */
import type { Database } from "../../sqlite/database.ts"
import { inTransaction } from "../../sqlite/database.ts"
import { makeCountsObject, sweepCounts } from "./counts-object.ts"
import { objectDatabase, type ObjectStorage } from "./object-database.ts"
import { makeLogObject } from "./log-object.ts"
import { makeSettingsObject } from "./settings-object.ts"
import type { Methods, ObjectKind, ObjectQuestion } from "./ask-object.ts"

/** How often an object removes what has expired, in milliseconds, if no new rows have made it do so. */
const sweepEvery = 3_600_000

/** The most that the log keeps by default, in bytes: an object may have 10 GB. */
const usualMostLog = 8_000_000_000

interface Opened {
  readonly kind: ObjectKind
  readonly methods: Methods
  /** Removes what has expired; returns whether anything is left that will expire. */
  readonly sweep: (now: number) => boolean
}

const open = (kind: ObjectKind, database: Database, size: () => number, mostLog: number): Opened => {
  const wall = (): number => Date.now()
  switch (kind) {
    case "counts":
      return {
        kind,
        methods: { ...makeCountsObject(database, { wall }) },
        sweep: (now) => sweepCounts(database, now) !== undefined,
      }
    case "settings":
      return { kind, methods: { ...makeSettingsObject(database) }, sweep: () => true }
    case "log": {
      const { methods, expire } = makeLogObject(database, wall, size, mostLog)
      return {
        kind,
        methods: { ...methods },
        sweep: () => {
          expire()
          return true
        },
      }
    }
  }
}

/** The object. `wrangler.jsonc` has its binding and its migration. */
export class BasegateObject {
  readonly #storage: ObjectStorage
  readonly #database: Database
  readonly #mostLog: number
  #opened: Opened | undefined
  /** Whether an alarm is known to be set. */
  #hasAlarm = false

  /** @param mostLog the most that the log keeps, in bytes */
  constructor({ storage }: { readonly storage: ObjectStorage }, _env?: unknown, mostLog = usualMostLog) {
    this.#storage = storage
    this.#database = objectDatabase(storage)
    this.#mostLog = mostLog
  }

  /** Answers one question of an isolate; only the Worker that has the binding can ask. */
  async fetch(request: Request): Promise<Response> {
    const question = await request.json() as ObjectQuestion
    try {
      const answer = this.#answer(question)
      await this.#setAlarm()
      return Response.json({ answer })
    } catch (cause) {
      // After a failure half way, the next question starts from what is on disk.
      this.#opened = undefined
      return Response.json({ error: cause instanceof Error ? cause.message : "unknown" })
    }
  }

  /** Removes what has expired. */
  async alarm(): Promise<void> {
    this.#hasAlarm = false
    const kind = this.#kind()
    if (kind !== undefined && this.#open(kind).sweep(Date.now())) return await this.#setAlarm()
    // An object without storage is gone.
    this.#opened = undefined
    await this.#storage.deleteAll()
  }

  #open(kind: ObjectKind): Opened {
    this.#opened ??= open(kind, this.#database, () => this.#storage.sql.databaseSize, this.#mostLog)
    if (this.#opened.kind !== kind) throw new Error(`it keeps ${this.#opened.kind}`)
    return this.#opened
  }

  #answer({ kind, name, given }: ObjectQuestion): unknown {
    const { methods } = this.#open(kind)
    if (!Object.hasOwn(methods, name)) throw new Error(`it has no ${name}: the Worker is of another version`)
    const method = methods[name] as (...given: ReadonlyArray<unknown>) => unknown
    const run = (): unknown => method(...given.map((each) => each ?? undefined))
    // The log writes in transactions of its own, each of some entries.
    return kind === "log" ? run() : inTransaction(this.#database, run)
  }

  /** What the object keeps, found by its tables: nothing else tells when an alarm wakes it up. */
  #kind(): ObjectKind | undefined {
    const names = this.#database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all()
    const has = (table: string): boolean => names.some(({ name }) => name === table)
    return has("rates") ? "counts" : has("kept") ? "log" : has("settings") ? "settings" : undefined
  }

  async #setAlarm(): Promise<void> {
    if (this.#hasAlarm || this.#opened?.kind === "settings") return
    if (await this.#storage.getAlarm() === null) await this.#storage.setAlarm(Date.now() + sweepEvery)
    this.#hasAlarm = true
  }
}
