// A phone whose app is built on WatermelonDB: the library as npm has it, its own storage, and the server's
// documented transport. Nothing of the protocol is written here but the two handlers that every app writes.

import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'

import { newId } from './ids.js'

const require = createRequire(import.meta.url)
const { appSchema, tableSchema, Database, Model } = require('@nozbe/watermelondb')
const { default: LokiJSAdapter } = require('@nozbe/watermelondb/adapters/lokijs')
const { createTable, schemaMigrations } = require('@nozbe/watermelondb/Schema/migrations')
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

export class WatermelonPhone {
  /**
   * A phone with its database in `file`, which may be there already. `address`: the server, or a link to it.
   * `says`: whether it tells the server that nothing is unsent. `tables`: those that the app has room for;
   * null for all of the server's schema.
   */
  static async open({ file, address, headers, says = true, version = 1, tables = null, migrations = [] }) {
    const answer = await fetch(`${address}/api/v1/clients/watermelon/schema`, { headers })
    if (!answer.ok) throw new Error(await answer.text())
    const told = await answer.json()
    const wanted = told.tables.filter((table) => tables === null || tables.includes(table.name))
    const phone = new WatermelonPhone()
    Object.assign(phone, { file, address, headers, says, wanted, version, migrations, has_more: false })
    await phone.#start()
    return phone
  }

  async #start() {
    const adapter = new LokiJSAdapter({
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
    const { changes, timestamp, ...more } = await answer.json()
    return { changes, timestamp, ...more }
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

  /** One `synchronize()`; whether there is more to fetch. */
  async synchronizeOnce(log = {}) {
    let hasMore = false
    await synchronize({
      database: this.database,
      pullChanges: this.#pullChanges,
      pushChanges: this.#pushChanges,
      onDidPullChanges: ({ has_more }) => { hasMore = has_more },
      sendCreatedAsUpdated: true,
      migrationsEnabledAtVersion: this.migrations.length > 0 ? 1 : undefined,
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

  /** What the owner does. Lists and objects are JSON text in a column. */
  async create(table, values) {
    const made = await this.database.write(() =>
      this.database.get(table).create((record) => write(record, values)),
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

const isOfTheLink = (error) => error instanceof TypeError && error.message === 'fetch failed'
  || (error instanceof TypeError && error.message === 'terminated')

export { createTable }
