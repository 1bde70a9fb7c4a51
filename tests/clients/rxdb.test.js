// What RxDB's ways to sync have of their own: a collection of what could not be applied, and a stream.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { agreed } from './agreed.js'
import { office } from './office.js'
import { FAMILY, LIBRARIES, scene, settle } from './scene.js'

for (const [library, open] of Object.entries(LIBRARIES).filter(([name]) => name.startsWith('RxDB'))) {
  describe(`${library}, by itself`, () => {
    test('who sent what is refused is told why, in a collection', async (t) => {
      const { area, phone } = await scene(t, open, { collections: ['household', 'sync_issue'] })
      await phone.sync()
      const bad = await phone.create('household', { area, ...FAMILY, members: 3 })
      await phone.sync()
      await phone.edit('household', bad, { members: 0 })
      const missing = await phone.create('household', { area, name: '没有地址' })
      await settle(phone)

      const told = Object.values(await phone.records('sync_issue'))
      assert.deepEqual(told.map((issue) => issue.about).sort(), [bad, missing].sort())
      assert.ok(told.every((issue) => issue.title && issue.title_en && issue.errors.length > 0))
    })

    test('when access ends the records go, and unsent work arrives', async (t) => {
      const { area, worker, phone, replica } = await scene(t, open)
      const file = await office.create({ name: replica, collection: 'household', area, set: FAMILY })
      await office.sync({ name: replica })
      await phone.sync()
      await phone.edit('household', file, { address: '新址' })
      await office.end_grant({ grant: worker.grant })
      await phone.sync()
      const arrived = (await office.history({ record: file })).length - 1
        + (await office.quarantine()).filter((record) => record === file).length
      assert.equal(arrived, 1)
      assert.deepEqual(await phone.records('household'), {})
    })

    test('a phone that lost its notes of what it was told undoes nothing that others did', async (t) => {
      const { area, replica, phone } = await scene(t, open)
      await phone.sync()
      const [edited, deleted] = [
        await phone.create('household', { area, ...FAMILY }),
        await phone.create('household', { area, ...FAMILY, name: '李家' }),
      ]
      await phone.sync()
      await office.sync({ name: replica })
      await office.edit({ name: replica, record: edited, set: { address: '新址' } })
      await office.delete({ name: replica, record: deleted })
      await office.sync({ name: replica })
      phone.loseNotes()
      await settle(phone)
      await office.sync({ name: replica })

      const held = await phone.records('household')
      assert.deepEqual(Object.keys(held), [edited])
      assert.equal(held[edited].address, '新址')
      await agreed(office, replica, phone, ['household'])
    })

    test('what is written at the office comes to a phone that listens, and the other way round', async (t) => {
      const { area, replica, phone } = await scene(t, open)
      const replication = phone.replicate('household', { live: true })
      await replication.awaitInitialReplication()
      const file = await office.create({ name: replica, collection: 'household', area, set: FAMILY })
      await office.sync({ name: replica })
      const document = await phone.arrival('household', file)
      assert.equal(document.name, '王家')

      await phone.edit('household', file, { address: '新址' })
      await replication.awaitInSync()
      await office.sync({ name: replica })
      await agreed(office, replica, phone, ['household'])
      await replication.cancel()
    })
  })
}
