// A phone whose app keeps its records in RxDB: the library as npm has it, its own storage, and its two ways to
// sync: `replicateRxCollection` with the handlers of its documentation, and `replicateServer` of rxdb-server.

import { readFile, rename, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'

import { newId } from './ids.js'

// As CommonJS: the client of rxdb-server 15 extends a class of RxDB as that has it, and not as modules do.
const require = createRequire(import.meta.url)
const { createRxDatabase } = require('rxdb/plugins/core')
const { replicateRxCollection } = require('rxdb/plugins/replication')
const { getRxStorageLocalstorage } = require('rxdb/plugins/storage-localstorage')
const { Observable } = require('rxjs')
const EventSource = require('eventsource')
const { replicateServer } = require('rxdb-server/plugins/replication-server')

const PATIENCE = 60_000 // milliseconds

export class RxPhone {
  /**
   * A phone with its database in `file`, which may be there already. `way`: 'handlers' or 'server'.
   * `collections`: those that the app keeps.
   */
  static async open({ file, address, headers, way, collections }) {
    const schemas = {}
    for (const name of collections) {
      const answer = await fetch(`${address}/api/v1/clients/rxdb/${name}/schema`, { headers })
      if (!answer.ok) throw new Error(await answer.text())
      schemas[name] = { schema: await answer.json() }
    }
    const phone = new RxPhone()
    Object.assign(phone, { file, address, headers, way, schemas, notes: 1 })
    await phone.#start()
    return phone
  }

  async #start() {
    this.storage = await fileStorage(this.file)
    this.database = await createRxDatabase({
      name: `phone${path.basename(this.file, '.json')}`,
      storage: getRxStorageLocalstorage({ localStorage: this.storage }),
      multiInstance: false,
      eventReduce: false,
    })
    await this.database.addCollections(structuredClone(this.schemas))
  }

  /** Everything that is only in memory is gone: what is on disk is opened by a new database. */
  async restart() {
    await this.close()
    await this.#start()
  }

  async close() {
    await this.database.close()
    await this.storage.save()
  }

  /** What the library keeps of its replications is not found any more; the documents are there. */
  loseNotes() {
    this.notes += 1
  }

  /** Until everything is exchanged, however often the link fails; how often it did. `onTrouble`: whenever. */
  async sync(onTrouble = () => {}) {
    let failures = 0
    const names = Object.keys(this.schemas)
    await Promise.all(names.map(async (name) => {
      const replication = this.replicate(name, { live: false })
      replication.error$.subscribe(() => {
        failures += 1
        onTrouble()
      })
      await within(replication.awaitInitialReplication(), `${name} is not in sync`)
      await replication.cancel()
    }))
    return failures
  }

  /** Send what there is to send, first in vain; `settleIt` ends the trouble. */
  async sendOnceTrouble(settleIt) {
    let settled = null
    await this.sync(() => { settled ??= settleIt() })
    if (settled === null) throw new Error('there was no trouble')
    await settled
  }

  /** The document with `id`, as soon as it is held. */
  async arrival(name, id) {
    const found = this.database[name].findOne(id).$
    const arrival = new Promise((resolve) => { found.subscribe((document) => document && resolve(document)) })
    return within(arrival, `${id} never comes`)
  }

  /** A replication of one collection, with no special case for this server. */
  replicate(name, { live }) {
    const collection = this.database[name]
    const shared = { collection, live, retryTime: 50, waitForLeadership: false }
    if (this.way === 'server') {
      return replicateServer({
        ...shared,
        replicationIdentifier: `server-${name}-${this.notes}`,
        url: `${this.address}/api/v1/clients/rxdb-server/${name}/${this.schemas[name].schema.version}`,
        headers: this.headers,
        pull: { batchSize: 500 },
        push: { batchSize: 50 },
      })
    }
    const base = `${this.address}/api/v1/clients/rxdb/${name}`
    return replicateRxCollection({
      ...shared,
      replicationIdentifier: `handlers-${name}-${this.notes}`,
      pull: {
        batchSize: 500,
        handler: async (checkpoint, batchSize) => {
          const { updatedAt, id } = checkpoint ?? { updatedAt: 0, id: '' }
          const answer = await fetch(`${base}/pull?updatedAt=${updatedAt}&id=${id}&limit=${batchSize}`, {
            headers: this.headers,
          })
          const { documents, checkpoint: reached } = await answer.json()
          return { documents, checkpoint: reached }
        },
        ...(live ? { stream$: this.#stream(base) } : {}),
      },
      push: {
        batchSize: 50,
        handler: async (rows) => {
          const answer = await fetch(`${base}/push`, {
            method: 'POST',
            headers: { ...this.headers, 'Content-Type': 'application/json' },
            body: JSON.stringify(rows),
          })
          return await answer.json()
        },
      },
    })
  }

  /** The event stream as RxDB documents it; each message is for the library as it is. */
  #stream(base) {
    return new Observable((subscriber) => {
      const events = new EventSource(`${base}/pullStream`, { headers: this.headers })
      events.onopen = () => subscriber.next('RESYNC')
      events.onerror = () => subscriber.next('RESYNC')
      events.onmessage = ({ data }) => subscriber.next(JSON.parse(data))
      return () => events.close()
    })
  }

  // What the owner does.

  async create(name, values) {
    const id = newId()
    await this.database[name].insert({ id, ...values })
    return id
  }

  async edit(name, id, values) {
    const document = await this.#find(name, id)
    await document.incrementalPatch(values)
  }

  async delete(name, id) {
    const document = await this.#find(name, id)
    await document.incrementalRemove()
  }

  async #find(name, id) {
    const document = await this.database[name].findOne(id).exec()
    if (document === null) throw new Error(`${name} ${id} is not held`)
    return document
  }

  /** What is held of a collection: the fields that have a value, by id. */
  async records(name) {
    const found = await this.database[name].find().exec()
    return Object.fromEntries(found.map((document) => {
      const { id, ...fields } = document.toMutableJSON()
      return [id, fields]
    }))
  }
}

/** What a browser calls `localStorage`, in a file. */
async function fileStorage(file) {
  const items = new Map(JSON.parse(await readFile(file, 'utf8').catch(() => '[]')))
  return {
    get length() { return items.size },
    key: (number) => [...items.keys()][number] ?? null,
    getItem: (name) => items.get(name) ?? null,
    setItem: (name, value) => { items.set(name, String(value)) },
    removeItem: (name) => { items.delete(name) },
    clear: () => items.clear(),
    save: async () => {
      await writeFile(`${file}~`, JSON.stringify([...items]))
      await rename(`${file}~`, file)
    },
  }
}

async function within(promise, what) {
  let timer
  const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error(what)), PATIENCE) })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
