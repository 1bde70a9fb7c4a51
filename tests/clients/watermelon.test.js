// What WatermelonDB has of its own: it tells of removals in two steps, comes in pieces, learns new tables and
// columns, and can be told that some rows were not taken.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { agreed } from './agreed.js'
import { crowd, FAMILIES } from './crowd.js'
import { office, signIn } from './office.js'
import { FAMILY, LIBRARIES, phoneOf, scene, settle } from './scene.js'
import { addColumns, createTable } from './watermelon.js'

const open = LIBRARIES.WatermelonDB

describe('WatermelonDB, by itself', () => {
  for (const says of [true, false]) {
    test(`when access ends the records go, and unsent work arrives first (it says so: ${says})`, async (t) => {
      const { area, worker, phone, replica } = await scene(t, open, { says })
      const file = await office.create({ name: replica, collection: 'household', area, set: FAMILY })
      await office.sync({ name: replica })
      await phone.sync()
      await phone.edit('household', file, { address: '新址' })
      await office.end_grant({ grant: worker.grant })
      await phone.synchronizeOnce()
      assert.equal((await phone.records('household'))[file].address, '新址')
      const arrived = (await office.history({ record: file })).length - 1
        + (await office.quarantine()).filter((record) => record === file).length
      assert.equal(arrived, 1)
      await phone.synchronizeOnce()
      assert.deepEqual(await phone.records('household'), {})
    })
  }

  test('a long first sync comes in pieces, and goes on after a restart in between', async (t) => {
    const { area, replica } = await crowd()
    const phone = await phoneOf(t, open, await office.account({ role: 'social_worker', area }))
    assert.equal(await phone.synchronizeOnce(), true)
    const first = Object.keys(await phone.records('household')).length
    assert.ok(first > 0 && first < FAMILIES, `${first}`)
    await phone.restart()
    await phone.sync()
    await agreed(office, replica, phone, ['household'])
  })

  test('a first sync may be turbo, and ordinary ones go on from there', async (t) => {
    const { area, replica } = await crowd()
    const phone = await phoneOf(t, open, await office.account({ role: 'social_worker', area }))
    assert.equal(await phone.synchronizeOnce({ turbo: true }), true)
    const first = Object.keys(await phone.records('household')).length
    assert.ok(first > 0 && first < FAMILIES, `${first}`)
    await phone.sync()
    await agreed(office, replica, phone, ['household'])
  })

  test('to a phone that signs in as another device all is told as a replacement: what is gone goes', async (t) => {
    const { area, worker, replica, phone } = await scene(t, open)
    const [kept, lost] = [await familyWith(replica, area), await familyWith(replica, area)].map(([file]) => file)
    await phone.sync()
    await office.delete({ name: replica, record: lost })
    await office.sync({ name: replica })
    await phone.edit('household', kept, { address: '新址' })
    phone.headers = await signIn(worker)
    await settle(phone)
    await office.sync({ name: replica })

    const held = await phone.records('household')
    assert.deepEqual([Object.keys(held), held[kept].address], [[kept], '新址'])
    await agreed(office, replica, phone, ['household'])
  })

  test('rows that were not taken are named, and only these are sent again', async (t) => {
    const { area, replica, phone } = await scene(t, open)
    await phone.sync()
    const made = await phone.create('household', { area, ...FAMILY })
    await office.hold_up({ area })
    const log = {}
    await phone.synchronizeOnce({ log })
    await office.let_go()
    assert.deepEqual(log.rejectedIds, { household: [made] })
    assert.equal(await phone.unsent(), true)

    await settle(phone)
    await office.sync({ name: replica })
    assert.equal(await phone.unsent(), false)
    assert.equal((await office.history({ record: made })).length, 1)
    await agreed(office, replica, phone, ['household'])
  })

  test('what was refused for good is not sent again', async (t) => {
    const { area, phone } = await scene(t, open)
    await phone.sync()
    await phone.create('household', { area, name: '没有地址' })
    await phone.sync()
    assert.equal(await phone.unsent(), false)
  })

  test('a row whose id is no UUID is kept in quarantine and stays on the phone, others are taken', async (t) => {
    const { area, replica, phone } = await scene(t, open)
    await phone.sync()
    const before = (await office.quarantine()).length
    const own = await phone.create('household', { area, ...FAMILY }, 'aB3dEf6hIj9kLm2n')
    const made = await phone.create('household', { area, ...FAMILY })
    await settle(phone)
    await office.sync({ name: replica })

    assert.deepEqual(Object.keys(await office.records({ name: replica, collection: 'household' })), [made])
    assert.deepEqual(Object.keys(await phone.records('household')).sort(), [made, own].sort())
    assert.equal((await office.quarantine()).length, before + 1)
    assert.equal(await phone.unsent(), false)
  })

  test('an app that learns a table later is told what is in it', async (t) => {
    const room = (table) => (table.name === 'person' ? null : table)
    const { area, replica, phone } = await scene(t, open, { room })
    const [file, person] = await familyWith(replica, area)
    await phone.sync()
    assert.deepEqual(Object.keys(await phone.records('household')), [file])

    const people = phone.told.find((table) => table.name === 'person')
    const steps = [createTable(people)]
    await phone.restart({ version: 2, wanted: phone.told, migrations: [{ toVersion: 2, steps }] })
    await phone.sync()
    assert.deepEqual(Object.keys(await phone.records('person')), [person])
    await agreed(office, replica, phone, ['household', 'person'])
  })

  test('an app that learns a column later is told what is in it', async (t) => {
    const isNew = (column) => column.name === 'members'
    const without = (table) => ({ ...table, columns: table.columns.filter((column) => !isNew(column)) })
    const room = (table) => (table.name === 'household' ? without(table) : table)
    const { area, replica, phone } = await scene(t, open, { room })
    const [file] = await familyWith(replica, area)
    await phone.sync()
    assert.equal((await phone.records('household'))[file].members, undefined)

    const { columns } = phone.told.find((table) => table.name === 'household')
    const steps = [addColumns({ table: 'household', columns: columns.filter(isNew) })]
    await phone.restart({ version: 2, wanted: phone.told, migrations: [{ toVersion: 2, steps }] })
    await phone.sync()
    assert.equal((await phone.records('household'))[file].members, 3)
    await agreed(office, replica, phone, ['household', 'person'])
  })
})

/** A family that the supervisor wrote down, and somebody in it. */
async function familyWith(replica, area) {
  const set = { ...FAMILY, members: 3 }
  const file = await office.create({ name: replica, collection: 'household', area, set })
  const someone = { household: file, name: '张三' }
  const person = await office.create({ name: replica, collection: 'person', area, set: someone })
  await office.sync({ name: replica })
  return [file, person]
}
