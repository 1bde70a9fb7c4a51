// WatermelonDB as npm has it, on three phones, against the real server and beside a replica in Python.

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'

import { agreed } from './agreed.js'
import { openOffice, signIn } from './office.js'
import { openProxy } from './proxy.js'
import { createTable, WatermelonPhone } from './watermelon.js'

const FAMILY = { name: '王家', address: '西津东路 575 号', community: '620103001001' }

let office, folder, opened

before(async () => {
  office = await openOffice()
  folder = await mkdtemp(path.join(os.tmpdir(), 'liandong-watermelon-'))
  opened = 0
})
after(async () => {
  await office.close()
  await rm(folder, { recursive: true })
})

/** A phone of somebody: a new file, a new device. */
async function phoneOf(account, more = {}) {
  opened += 1
  const headers = await signIn(office.address, account)
  return WatermelonPhone.open({ file: path.join(folder, `${opened}.json`), address: office.address, headers, ...more })
}

/** A community, a worker with a phone, and a supervisor with a replica. */
async function scene(more = {}) {
  const area = await office.area()
  const worker = await office.account({ role: 'social_worker', area })
  const boss = await office.account({ role: 'supervisor', area })
  const replica = `boss-${opened}-${area}`
  await office.replica({ name: replica, username: boss.username })
  await office.sync({ name: replica })
  const phone = await phoneOf(worker, more)
  return { area, worker, boss, replica, phone }
}

test('what is made on a phone is with the office, and the other way round', async () => {
  const { area, replica, phone } = await scene()
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

test('three phones edit the same records offline, over a link that loses a fifth, and end alike', async (t) => {
  const { area, boss, worker, replica } = await scene()
  const phones = []
  for (const [number, account] of [worker, boss, boss].entries()) {
    const link = await openProxy(office.address, { loss: 0.2, seed: number + 1 })
    t.after(() => link.close())
    const phone = await phoneOf(account)
    phone.address = link.address
    phones.push(phone)
  }
  await phones[0].sync()
  const files = []
  for (let number = 0; number < 6; number += 1) {
    files.push(await phones[0].create('household', { area, ...FAMILY, name: `王家 ${number}`, needs: ['medical'] }))
  }
  await phones[0].sync()
  for (const phone of phones) await phone.sync()
  await office.sync({ name: replica })

  let failures = 0
  for (let round = 0; round < 4; round += 1) {
    for (const [number, phone] of phones.entries()) {
      for (const [place, file] of files.entries()) {
        if ((place + number + round) % 2 === 0) {
          await phone.edit('household', file, { address: `第 ${round} 次，${number} 号手机` })
        }
        if ((place + number) % 3 === round % 3) {
          const { needs } = (await phone.records('household'))[file]
          await phone.edit('household', file, { needs: [...needs, ['housing', 'education', 'employment'][number]].filter(once) })
        }
      }
      await phone.create('household', { area, ...FAMILY, name: `第 ${round} 次，${number} 号手机` })
    }
    for (const file of files) {
      await office.edit({ name: replica, record: file, set: { members: round + 1 } })
    }
    await office.sync({ name: replica })
    await Promise.all(phones.map(async (phone) => { failures += await phone.sync() }))
    await phones[round % 3].restart()
  }
  for (const phone of [...phones, ...phones]) {
    failures += await phone.sync()
    failures += await phone.sync()
  }
  await office.sync({ name: replica })

  assert.ok(failures >= 3, `the link lost ${failures}`)
  const held = await office.records({ name: replica, collection: 'household' })
  assert.equal(Object.keys(held).length, 6 + 12)
  for (const file of files) {
    assert.ok(held[file].needs.includes('medical'))
    assert.equal(held[file].members, 4)
  }
  for (const phone of phones) {
    assert.equal(await phone.unsent(), false)
    await agreed(office, replica, phone, ['household', 'conflict'])
  }
})

const once = (value, place, all) => all.indexOf(value) === place

test('a conflict of each policy ends alike on the phone, at the office and in a replica', async () => {
  const { area, worker, replica } = await scene()
  const phone = await phoneOf(worker)
  await phone.sync()
  const file = await phone.create('household', {
    area, ...FAMILY, address: '甲', risk: 'medium', needs: ['medical'], note: '第一句。第二句。',
  })
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

test('a counter that two count up counts both, and a state goes no way back', async () => {
  const area = await office.area()
  const coordinator = await office.account({ role: 'volunteer_coordinator', area })
  const [one, other] = [await phoneOf(coordinator), await phoneOf(coordinator)]
  await one.sync()
  await other.sync()
  const activity = await one.create('activity', {
    area, title: '义诊', on: '2026-11-20', state: 'planned', people_served: 10,
  })
  await one.sync()
  await other.sync()
  assert.equal((await other.records('activity'))[activity]?.people_served, 10)
  await one.edit('activity', activity, { people_served: 13 })
  await other.edit('activity', activity, { people_served: 8 })
  await one.edit('activity', activity, { state: 'done' })
  await other.edit('activity', activity, { state: 'under_way' })
  for (const phone of [one, other, one, other]) await phone.sync()
  assert.equal((await other.records('activity'))[activity].state, 'done')
  assert.equal((await one.records('activity'))[activity].people_served, 11)
  assert.equal((await other.records('activity'))[activity].people_served, 11)
})

test('a change that is refused is kept, the others are taken, and the phone has back what stands', async () => {
  const { area, replica, phone } = await scene()
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
  const kept = await office.quarantine()
  assert.ok(kept.includes(bad) && kept.includes(missing) && !kept.includes(good))
  assert.equal(await phone.unsent(), false)
  await office.sync({ name: replica })
  await agreed(office, replica, phone, ['household'])
})

for (const says of [true, false]) {
  test(`when access ends the records go, and unsent work arrives first (it says so: ${says})`, async () => {
    const { area, worker, phone, replica } = await scene({ says })
    await office.sync({ name: replica })
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

test('the first sync of 5,000 records arrives in pieces, and survives a restart in between', async () => {
  const { area, worker, replica } = await scene()
  await office.create_many({ name: replica, collection: 'household', area, set: FAMILY, count: 5000 })
  const phone = await phoneOf(worker)
  assert.equal(await phone.synchronizeOnce(), true)
  const first = Object.keys(await phone.records('household')).length
  assert.ok(first > 0 && first < 5000, `${first}`)
  await phone.restart()
  await phone.sync()
  assert.equal(Object.keys(await phone.records('household')).length, 5000)
  await agreed(office, replica, phone, ['household'])
})

test('an app that learns a table later is told what is in it', async () => {
  const { area, worker, replica } = await scene()
  const file = await office.create({ name: replica, collection: 'household', area, set: FAMILY })
  const person = await office.create({
    name: replica, collection: 'person', area, set: { household: file, name: '张三' },
  })
  await office.sync({ name: replica })
  const phone = await phoneOf(worker, { tables: ['household'] })
  await phone.sync()
  const all = await phoneOf(worker)
  const people = all.wanted.find((table) => table.name === 'person')
  await phone.restart({
    version: 2,
    wanted: [...phone.wanted, people],
    migrations: [{ toVersion: 2, steps: [createTable(people)] }],
  })
  await phone.sync()
  assert.deepEqual(Object.keys(await phone.records('person')), [person])
})
