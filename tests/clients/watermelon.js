// A phone whose app is built on WatermelonDB: the library as npm has it, its own storage, and the server's
// documented transport. Nothing of the protocol is written here but the two handlers that every app writes.

import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'

import { newId } from './ids.js'

const require = createRequire(import.meta.url)
const { appSchema, tableSchema, Database, Model } = require('@nozbe/watermelondb')
const { default: LokiJSAdapter } = require('@nozbe/watermelondb/adapters/lokijs')
const { sanitizedRaw } = require('@nozbe/watermelondb/RawRecord')
const { addColumns, createTable, schemaMigrations } = require('@nozbe/watermelondb/Schema/migrations')
const { hasUnsyncedChanges, synchronize } = require('@nozbe/watermelondb/sync')
const { setGenerator } = require('@nozbe/watermelondb/utils/common/randomId')
const { default: logger } = require('@nozbe/watermelondb/utils/common/logger')

setGenerator(newId) // the server's ids are UUIDs that the device chooses
logger.silence()

const ATTEMPTS = 40

/** Where LokiJS keeps a database: the file that it is named by. */
const files = {
  loadDatabase: (file, done) => readFile(file, 'utf8').then(done, () => done(null)),
  saveDatabase: (file, text, done) =>
    writeFile(`${file}~`, text).then(() => rename(`${file}~`, file)).then(() => done(), done),
  deleteDatabase: (file, done) => rm(file, { force: true }).then(() => done(), done),
}

/**
 * The storage with a turbo sync: what the library's native side does with the text of an answer
 * (native/shared/Database-turboSync.cpp), which is there on phones alone.
 */
class TurboAdapter extends LokiJSAdapter {
  #texts = new Map()

  provideSyncJson(id, text, done) {
    this.#texts.set(id, text)
    done({ value: true })
  }

  unsafeLoadFromSync(id, done) {
    const { changes, ...rest } = JSON.parse(this.#texts.get(id))
    this.#texts.delete(id)
    const operations = []
    for (const [table, { created, updated, deleted, ...more }] of Object.entries(changes)) {
      if (deleted.length > 0) return done({ error: new Error('expected deleted field to be empty') })
      if (Object.keys(more).length > 0) return done({ error: new Error('bad changeset field') })
      const schema = this.schema.tables[table]
      if (schema === undefined) continue
      for (const row of [...created, ...updated]) {
        operations.push(['create', table, { ...sanitizedRaw(row, schema), _status: 'synced', _changed: '' }])
      }
    }
    return this.batch(operations, (result) => {
      for (const [, table, { id }] of operations) this._driver.removeFromCache(table, id) // nobody was given it yet
      done('error' in result ? result : { value: rest })
    })
  }
}

export class WatermelonPhone {
  /**
   * A phone with its database in `file`, which may be there already. `address`: the server, or a link to it.
   * `says`: whether it tells the server that nothing is unsent. `room`: what of the server's tables the app has
   * room for, given one of them.
   */
  static async open({ file, address, headers, says = true, version = 1, room = (table) => table }) {
    const answer = await fetch(`${address}/api/v1/clients/watermelon/schema`, { headers })
    if (!answer.ok) throw new Error(await answer.text())
    const told = (await answer.json()).tables
    const wanted = told.map(room).filter((table) => table !== null)
    const phone = new WatermelonPhone()
    Object.assign(phone, { file, address, headers, says, told, wanted, version, migrations: [] })
    await phone.#start()
    return phone
  }

  async #start() {
    const adapter = new TurboAdapter({
      dbName: this.file,
      schema: appSchema({ version: this.version, tables: this.wanted.map(tableSchema) }),
      migrations: schemaMigrations({ migrations: this.migrations }),
      useWebWorker: false,
      useIncrementalIndexedDB: false,
      extraLokiOptions: { autosave: false },
      _testLokiAdapter: files,
    })
    this.adapter = adapter
    const modelClasses = this.wanted.map(({ name }) => class extends Model { static table = name })
    this.database = new Database({ adapter, modelClasses })
    await this.database.adapter.getLocal('__watermelon_last_pulled_at') // once it answers, it is open
  }

  /** Everything that is only in memory is gone: what is on disk is opened by a new database. */
  async restart({ version = this.version, migrations = this.migrations, wanted = this.wanted } = {}) {
    await this.close()
    Object.assign(this, { version, migrations, wanted })
    await this.#start()
  }

  async close() {
    const { loki } = this.adapter._driver
    await new Promise((resolve, reject) => loki.saveDatabase((error) => (error ? reject(error) : resolve())))
  }

  // What the two handlers of every app do (sync/README.md, Other clients).

  #pullChanges = async ({ lastPulledAt, schemaVersion, migration }) => {
    const asked = new URLSearchParams({
      last_pulled_at: String(lastPulledAt),
      schema_version: String(schemaVersion),
      migration: JSON.stringify(migration),
    })
    if (this.says) asked.set('has_unsynced', String(await hasUnsyncedChanges({ database: this.database })))
    const answer = await fetch(`${this.address}/api/v1/clients/watermelon/sync?${asked}`, { headers: this.headers })
    if (!answer.ok) throw new Error(await answer.text())
    return this.turbo ? { syncJson: await answer.text() } : await answer.json()
  }

  #pushChanges = async ({ changes, lastPulledAt }) => {
    const answer = await fetch(`${this.address}/api/v1/clients/watermelon/sync?last_pulled_at=${lastPulledAt}`, {
      method: 'POST',
      headers: this.headers,
      body: JSON.stringify(changes),
    })
    if (!answer.ok) throw new Error(await answer.text())
    return await answer.json()
  }

  /** One `synchronize()`; whether there is more to fetch. `turbo`: as only a first one may be. */
  async synchronizeOnce({ turbo = false, log = {} } = {}) {
    let hasMore = false
    this.turbo = turbo
    await synchronize({
      database: this.database,
      pullChanges: this.#pullChanges,
      pushChanges: this.#pushChanges,
      onDidPullChanges: ({ has_more }) => { hasMore = has_more },
      sendCreatedAsUpdated: true,
      migrationsEnabledAtVersion: this.migrations.length > 0 ? 1 : undefined,
      unsafeTurbo: turbo,
      log,
    })
    return hasMore
  }

  /** Until everything is exchanged, however often the link fails; how often it did. */
  async sync() {
    let failures = 0
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      try {
        if (!(await this.synchronizeOnce())) return failures
      } catch (error) {
        if (!isOfTheLink(error)) throw error
        failures += 1
      }
    }
    throw new Error(`not synchronized in ${ATTEMPTS} attempts`)
  }

  /** Send what there is to send, first in vain; `settleIt` ends the trouble. */
  async sendOnceTrouble(settleIt) {
    await this.sync()
    if (!(await this.unsent())) throw new Error('there was no trouble')
    await settleIt()
    await this.sync()
    if (await this.unsent()) throw new Error('it is still unsent')
  }

  /** What the owner does. Lists and objects are JSON text in a column. */
  async create(table, values, id = null) {
    const made = await this.database.write(() =>
      this.database.get(table).create((record) => {
        if (id !== null) record._raw.id = id
        write(record, values)
      }),
    )
    return made.id
  }

  async edit(table, id, values) {
    const record = await this.database.get(table).find(id)
    await this.database.write(() => record.update((edited) => write(edited, values)))
  }

  async delete(table, id) {
    const record = await this.database.get(table).find(id)
    await this.database.write(() => record.markAsDeleted())
  }

  /** What is held of a table: the fields that have a value, by id. */
  async records(table) {
    const found = await this.database.get(table).query().fetch()
    return Object.fromEntries(found.map((record) => [record.id, read(record)]))
  }

  async unsent() {
    return hasUnsyncedChanges({ database: this.database })
  }
}

function write(record, values) {
  for (const [column, value] of Object.entries(values)) {
    record._setRaw(column, value !== null && typeof value === 'object' ? JSON.stringify(value) : value)
  }
}

function read(record) {
  const fields = Object.entries(record._raw)
    .filter(([column, value]) => !['id', '_status', '_changed'].includes(column) && value !== null)
    .map(([column, value]) => [column, isJson(value) ? JSON.parse(value) : value])
  return Object.fromEntries(fields)
}

const isJson = (value) => typeof value === 'string' && /^[[{]/.test(value)

const isOfTheLink = (error) => error instanceof TypeError && ['fetch failed', 'terminated'].includes(error.message)

export { addColumns, createTable }
