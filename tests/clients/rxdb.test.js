// RxDB as npm has it, by both of its ways to sync, against the real server and beside a replica in Python.

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, afterEach, before, test } from 'node:test'

import { agreed } from './agreed.js'
import { openOffice, signIn } from './office.js'
import { openProxy } from './proxy.js'
import { RxPhone } from './rxdb.js'

const FAMILY = { name: '王家', address: '西津东路 575 号', community: '620103001001' }
const COLLECTIONS = ['household', 'person', 'conflict', 'sync_issue']

let office, folder, opened
const phones = []

before(async () => {
  office = await openOffice()
  folder = await mkdtemp(path.join(os.tmpdir(), 'liandong-rxdb-'))
  opened = 0
})
after(async () => {
  await office.close()
  await rm(folder, { recursive: true })
})

// Of the free RxDB at most 16 collections are open at once.
afterEach(async () => {
  for (const phone of phones.splice(0)) await phone.close()
})

/** A phone of somebody: a new file, a new device. */
async function phoneOf(account, way, collections = COLLECTIONS) {
  opened += 1
  const headers = await signIn(office.address, account)
  const file = path.join(folder, `${opened}.json`)
  const phone = await RxPhone.open({ file, address: office.address, headers, way, collections })
  phones.push(phone)
  return phone
}

/** A community, a worker with a phone, and a supervisor with a replica. */
async function scene(way, collections = COLLECTIONS) {
  const area = await office.area()
  const worker = await office.account({ role: 'social_worker', area })
  const boss = await office.account({ role: 'supervisor', area })
  const replica = `boss-${area}`
  await office.replica({ name: replica, username: boss.username })
  await office.sync({ name: replica })
  return { area, worker, boss, replica, phone: await phoneOf(worker, way, collections) }
}

for (const way of ['handlers', 'server']) {
  test(`${way}: what is made on a phone is with the office, and the other way round`, async () => {
    const { area, replica, phone } = await scene(way)
    await phone.sync()
    const made = await phone.create('household', { area, ...FAMILY, needs: ['medical'] })
    await phone.sync()
    await office.sync({ name: replica })
    const other = await office.create({ name: replica, collection: 'household', area, set: { ...FAMILY, name: '李家' } })
    await office.sync({ name: replica })
    await phone.sync()

    const held = await phone.records('household')
    assert.deepEqual(Object.keys(held).sort(), [made, other].sort())
    assert.equal(held[other].name, '李家')
    await agreed(office, replica, phone, ['household'])
  })
}

for (const way of ['handlers', 'server']) {
  test(`${way}: three phones edit offline, over a link that loses a fifth, and end alike`, async (t) => {
    const { area, boss, worker, replica } = await scene(way, [])
    const three = []
    for (const [number, account] of [worker, boss, boss].entries()) {
      const link = await openProxy(office.address, { loss: 0.2, seed: number + 1 })
      t.after(() => link.close())
      const phone = await phoneOf(account, way, ['household', 'conflict'])
      phone.address = link.address
      three.push(phone)
    }
    await three[0].sync()
    const files = []
    for (let number = 0; number < 4; number += 1) {
      files.push(await three[0].create('household', { area, ...FAMILY, name: `王家 ${number}`, needs: ['medical'] }))
    }
    let failures = 0
    const exchange = async () => {
      await office.sync({ name: replica })
      for (const phone of three) failures += await phone.sync()
    }
    await exchange()
    await exchange()

    for (let round = 0; round < 3; round += 1) {
      for (const [number, phone] of three.entries()) {
        for (const [place, file] of files.entries()) {
          if ((place + number + round) % 2 === 0) {
            await phone.edit('household', file, { address: `第 ${round} 次，${number} 号手机` })
          }
          if ((place + number) % 3 === round % 3) {
            const { needs } = (await phone.records('household'))[file]
            const need = ['housing', 'education', 'employment'][number]
            await phone.edit('household', file, { needs: [...needs.filter((each) => each !== need), need].sort() })
          }
        }
        await phone.create('household', { area, ...FAMILY, name: `第 ${round} 次，${number} 号手机` })
      }
      for (const file of files) {
        await office.edit({ name: replica, record: file, set: { members: round + 1 } })
      }
      await office.sync({ name: replica })
      await Promise.all(three.map(async (phone) => { failures += await phone.sync() }))
      await three[round % 3].restart()
    }
    await exchange()
    await exchange()
    await office.sync({ name: replica })

    assert.ok(failures >= 3, `the link lost ${failures}`)
    const held = await office.records({ name: replica, collection: 'household' })
    assert.equal(Object.keys(held).length, 4 + 9)
    for (const file of files) {
      assert.ok(held[file].needs.includes('medical'))
      assert.equal(held[file].members, 3)
    }
    for (const phone of three) await agreed(office, replica, phone, ['household', 'conflict'])
  })

  test(`${way}: a conflict of each policy ends alike on the phone, at the office and in a replica`, async () => {
    const { area, worker, replica } = await scene(way)
    const phone = await phoneOf(worker, way)
    await phone.sync()
    const file = await phone.create('household', {
      area, ...FAMILY, address: '甲', risk: 'medium', needs: ['medical'], note: '第一句。第二句。',
    })
    await phone.sync()
    const person = await phone.create('person', { area, household: file, name: '张三', birth_date: '1950-01-01' })
    await phone.sync()
    await office.sync({ name: replica })

    await office.edit({
      name: replica, record: file,
      set: { address: '乙', risk: 'high', note: '第一句。改过的第二句。' }, add: { needs: ['housing'] },
    })
    await office.edit({ name: replica, record: person, set: { birth_date: '1952-01-01' } })
    await office.sync({ name: replica })
    await phone.edit('household', file, {
      address: '丙', risk: 'low', needs: ['medical', 'education'], note: '改过的第一句。第二句。',
    })
    await phone.edit('person', person, { birth_date: '1951-01-01' })
    await phone.sync()
    await phone.sync()
    await office.sync({ name: replica })

    const held = (await phone.records('household'))[file]
    assert.equal(held.address, '丙', 'latest: the later one')
    assert.equal(held.risk, 'high', 'highest: a warning that was not read stays')
    assert.deepEqual([...held.needs].sort(), ['education', 'housing', 'medical'], 'union: of both')
    assert.equal(held.note, '改过的第一句。改过的第二句。', 'text: sentence by sentence')
    assert.equal((await phone.records('person'))[person].birth_date, '1952-01-01', 'review: the first stands')
    const [conflict] = Object.values(await phone.records('conflict'))
    assert.deepEqual([conflict.state, conflict.fields], ['open', ['birth_date']])
    await agreed(office, replica, phone, ['household', 'person', 'conflict'])
  })

  test(`${way}: a counter that two count up counts both, and a state goes no way back`, async () => {
    const area = await office.area()
    const coordinator = await office.account({ role: 'volunteer_coordinator', area })
    const [one, other] = [
      await phoneOf(coordinator, way, ['activity']),
      await phoneOf(coordinator, way, ['activity']),
    ]
    await one.sync()
    const activity = await one.create('activity', {
      area, title: '义诊', on: '2026-11-20', state: 'planned', people_served: 10,
    })
    await one.sync()
    await other.sync()
    await one.edit('activity', activity, { people_served: 13, state: 'done' })
    await other.edit('activity', activity, { people_served: 8, state: 'under_way' })
    for (const phone of [one, other, one, other]) await phone.sync()
    for (const phone of [one, other]) {
      const { people_served, state } = (await phone.records('activity'))[activity]
      assert.deepEqual([people_served, state], [11, 'done'])
    }
  })

  test(`${way}: a change that is refused is kept, the others are taken, and the phone is told why`, async () => {
    const { area, replica, phone } = await scene(way)
    await phone.sync()
    const [good, bad] = [
      await phone.create('household', { area, ...FAMILY, members: 3 }),
      await phone.create('household', { area, ...FAMILY, members: 3 }),
    ]
    await phone.sync()
    await phone.edit('household', good, { members: 4 })
    await phone.edit('household', bad, { members: 0 })
    const missing = await phone.create('household', { area, name: '没有地址' })
    await phone.sync()
    await phone.sync()

    const held = await phone.records('household')
    assert.deepEqual([held[good].members, held[bad].members, held[missing]], [4, 3, undefined])
    const told = Object.values(await phone.records('sync_issue'))
    assert.deepEqual(told.map((issue) => issue.about).sort(), [bad, missing].sort())
    assert.ok(told.every((issue) => issue.title && issue.title_en))
    await office.sync({ name: replica })
    await agreed(office, replica, phone, ['household'])
  })

  test(`${way}: when access ends the records go, and unsent work arrives`, async () => {
    const { area, worker, phone, replica } = await scene(way)
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

  test(`${way}: the first sync of 5,000 records, and a restart after it`, async () => {
    const { area, worker, replica } = await scene(way)
    await office.create_many({ name: replica, collection: 'household', area, set: FAMILY, count: 5000 })
    const phone = await phoneOf(worker, way, ['household'])
    await phone.sync()
    await phone.restart()
    assert.equal(Object.keys(await phone.records('household')).length, 5000)
    await agreed(office, replica, phone, ['household'])
  })

  test(`${way}: what is written at the office comes to a phone that listens`, async () => {
    const { area, replica, phone } = await scene(way)
    const replication = phone.replicate('household', { live: true })
    await replication.awaitInitialReplication()
    const file = await office.create({ name: replica, collection: 'household', area, set: FAMILY })
    await office.sync({ name: replica })
    const arrived = phone.database.household.findOne(file).$
    const document = await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('it never comes')), 20_000)
      arrived.subscribe((found) => { if (found) { clearTimeout(timer); resolve(found) } })
    })
    assert.equal(document.name, '王家')
    await replication.cancel()
  })
}
