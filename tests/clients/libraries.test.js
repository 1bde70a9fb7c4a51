// What holds with every library that keeps an app's records, as npm has it, against the real server and beside a
// replica in Python.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { agreed } from './agreed.js'
import { crowd, FAMILIES } from './crowd.js'
import { openCutting } from './cutting.js'
import { office, signIn } from './office.js'
import { openProxy } from './proxy.js'
import { FAMILY, LIBRARIES, phoneOf, replicaOf, scene, settle } from './scene.js'

const NEEDS = ['housing', 'education', 'employment']

for (const [library, open] of Object.entries(LIBRARIES)) {
  describe(library, () => {
    test('what is made on a phone is with the office, and the other way round', async (t) => {
      const { area, replica, phone } = await scene(t, open)
      await phone.sync()
      const made = await phone.create('household', { area, ...FAMILY, needs: ['medical'] })
      await phone.sync()
      await office.sync({ name: replica })
      const set = { ...FAMILY, name: '李家' }
      const other = await office.create({ name: replica, collection: 'household', area, set })
      await office.sync({ name: replica })
      await phone.sync()

      const held = await phone.records('household')
      assert.deepEqual(Object.keys(held).sort(), [made, other].sort())
      assert.equal(held[other].name, '李家')
      await agreed(office, replica, phone, ['household'])
    })

    test('what is deleted on either side is gone on both', async (t) => {
      const { area, replica, phone } = await scene(t, open)
      await phone.sync()
      const [here, there] = [
        await phone.create('household', { area, ...FAMILY }),
        await phone.create('household', { area, ...FAMILY, name: '李家' }),
      ]
      await settle(phone)
      await office.sync({ name: replica })
      await phone.delete('household', here)
      await office.delete({ name: replica, record: there })
      await office.sync({ name: replica })
      await settle(phone)
      await office.sync({ name: replica })

      assert.deepEqual(await phone.records('household'), {})
      await agreed(office, replica, phone, ['household'])
    })

    test('three phones edit the same records offline, over a link that loses a fifth, and end alike', async (t) => {
      const { area, boss, worker, replica } = await scene(t, open, { collections: [] })
      const phones = []
      for (const [number, account] of [worker, boss, boss].entries()) {
        const link = await openProxy(office.address, { loss: 0.2, seed: number + 1 })
        t.after(() => link.close())
        const phone = await phoneOf(t, open, account)
        phone.address = link.address
        phones.push(phone)
      }
      let failures = 0
      const exchange = async () => {
        await office.sync({ name: replica })
        for (const phone of [...phones, ...phones]) failures += await phone.sync()
      }
      await phones[0].sync()
      const files = []
      for (let number = 0; number < 4; number += 1) {
        const family = { ...FAMILY, name: `王家 ${number}`, needs: ['medical'] }
        files.push(await phones[0].create('household', { area, ...family }))
      }
      await exchange()
      await office.sync({ name: replica })

      for (let round = 0; round < 3; round += 1) {
        for (const [number, phone] of phones.entries()) {
          for (const [place, file] of files.entries()) {
            if ((place + number + round) % 2 === 0) {
              await phone.edit('household', file, { address: `第 ${round} 次，${number} 号手机` })
            }
            if ((place + number) % 3 === round % 3) {
              const { needs } = (await phone.records('household'))[file]
              await phone.edit('household', file, { needs: [...new Set([...needs, NEEDS[number]])].sort() })
            }
          }
          await phone.create('household', { area, ...FAMILY, name: `第 ${round} 次，${number} 号手机` })
        }
        for (const file of files) {
          await office.edit({ name: replica, record: file, set: { members: round + 1 } })
        }
        await office.sync({ name: replica })
        await phones[round].restart() // with all of that unsent
        await Promise.all(phones.map(async (phone) => { failures += await phone.sync() }))
        await phones[(round + 1) % 3].restart()
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
      for (const phone of phones) await agreed(office, replica, phone, ['household', 'conflict'])
    })

    test('where two edit the same, each policy ends alike on the phone, at the office and in a replica', async (t) => {
      const collections = ['household', 'person', 'referral', 'conflict']
      const { area, replica, phone } = await scene(t, open, { collections })
      await phone.sync()
      const file = await phone.create('household', {
        area, ...FAMILY, address: '甲', risk: 'medium', needs: ['medical'], note: '第一句。第二句。',
      })
      await settle(phone)
      const born = { area, household: file, birth_date: '1950-01-01' }
      const [elder, other] = [
        await phone.create('person', { ...born, name: '张三' }),
        await phone.create('person', { ...born, name: '张四' }),
      ]
      const form = { household: file, kind: 'temporary', state: 'drafted' }
      const referral = await phone.create('referral', { area, ...form })
      await settle(phone)
      await office.sync({ name: replica })

      await office.edit({
        name: replica, record: file,
        set: { address: '乙', risk: 'high', note: '第一句。改过的第二句。' }, add: { needs: ['housing'] },
      })
      await office.edit({ name: replica, record: elder, set: { birth_date: '1952-01-01' } })
      await office.edit({ name: replica, record: referral, set: { person: elder } })
      await office.sync({ name: replica })
      await phone.edit('household', file, {
        address: '丙', risk: 'low', needs: ['medical', 'education'], note: '改过的第一句。第二句。',
      })
      await phone.edit('person', elder, { birth_date: '1951-01-01' })
      await phone.edit('referral', referral, { person: other })
      await settle(phone)
      await office.sync({ name: replica })

      const held = (await phone.records('household'))[file]
      assert.equal(held.address, '丙', 'latest: the later one')
      assert.equal(held.risk, 'high', 'highest: a warning that was not read stays')
      assert.deepEqual([...held.needs].sort(), ['education', 'housing', 'medical'], 'union: of both')
      assert.equal(held.note, '改过的第一句。改过的第二句。', 'text: sentence by sentence')
      assert.equal((await phone.records('person'))[elder].birth_date, '1952-01-01', 'review: the first stands')
      assert.equal((await phone.records('referral'))[referral].person, elder, 'fixed: what is set stays')
      assert.ok((await office.quarantine()).includes(referral), 'and what was refused is kept')
      const [conflict, ...more] = Object.values(await phone.records('conflict'))
      assert.deepEqual([conflict.state, conflict.fields, more], ['open', ['birth_date'], []])
      await agreed(office, replica, phone, collections)
    })

    test('a counter that two count up and down counts both, and a state goes no way back', async (t) => {
      const area = await office.area()
      const coordinator = { role: 'volunteer_coordinator', area }
      const replica = await replicaOf(await office.account(coordinator))
      const phones = []
      for (let number = 0; number < 2; number += 1) {
        phones.push(await phoneOf(t, open, await office.account(coordinator), { collections: ['activity'] }))
      }
      const [one, other] = phones
      await settle(...phones)
      const planned = { title: '义诊', on: '2026-11-20', state: 'planned', people_served: 10 }
      const activity = await one.create('activity', { area, ...planned })
      await settle(...phones)
      await office.sync({ name: replica })

      await one.edit('activity', activity, { people_served: 13, state: 'done' })
      await other.edit('activity', activity, { people_served: 8, state: 'under_way' })
      await office.edit({ name: replica, record: activity, increment: { people_served: 5 } })
      await office.sync({ name: replica })
      await settle(...phones)
      await office.sync({ name: replica })

      for (const phone of phones) {
        const { people_served, state } = (await phone.records('activity'))[activity]
        assert.deepEqual([people_served, state], [16, 'done'])
        await agreed(office, replica, phone, ['activity'])
      }
    })

    test('two edits of a field between two pushes come as one, with what they come to together', async (t) => {
      const { area, replica, phone } = await scene(t, open)
      await phone.sync()
      const file = await phone.create('household', { area, ...FAMILY, needs: ['medical'] })
      await settle(phone)
      await phone.edit('household', file, { address: '甲', needs: ['medical', 'housing'] })
      await phone.edit('household', file, { address: '乙', needs: ['housing', 'education'] })
      await settle(phone)
      await office.sync({ name: replica })

      assert.equal((await office.history({ record: file })).length, 2)
      const held = (await office.records({ name: replica, collection: 'household' }))[file]
      assert.deepEqual([held.address, [...held.needs].sort()], ['乙', ['education', 'housing']])
      await agreed(office, replica, phone, ['household'])
    })

    test('a change that is refused is kept, the others are taken, and the phone has back what stands', async (t) => {
      const { area, replica, phone } = await scene(t, open)
      await phone.sync()
      const [good, bad] = [
        await phone.create('household', { area, ...FAMILY, members: 3 }),
        await phone.create('household', { area, ...FAMILY, members: 3 }),
      ]
      await settle(phone)
      await phone.edit('household', good, { members: 4 })
      await phone.edit('household', bad, { members: 0 })
      const missing = await phone.create('household', { area, name: '没有地址' })
      await settle(phone)

      const held = await phone.records('household')
      assert.deepEqual([held[good].members, held[bad].members, held[missing]], [4, 3, undefined])
      const kept = await office.quarantine()
      assert.ok(kept.includes(bad) && kept.includes(missing) && !kept.includes(good))
      await office.sync({ name: replica })
      await agreed(office, replica, phone, ['household'])
    })

    test('a case that is taken away disappears alone, after what was not sent of it has arrived', async (t) => {
      const collections = ['household', 'person']
      const { area, replica } = await scene(t, open, { collections: [] })
      const [file, neighbour] = await twoFiles(replica, area)
      const ours = await office.area()
      const helper = await office.account({ role: 'social_worker', area: ours })
      await office.join({ account: helper.id, area, case: file })
      const phone = await phoneOf(t, open, helper, { collections })
      const own = await phone.create('household', { area: ours, ...FAMILY, name: '李家' })
      await settle(phone)
      const before = await phone.records('household')
      assert.deepEqual(Object.keys(before).sort(), [file, own].sort(), 'of the other area the case alone')
      assert.equal(Object.keys(await phone.records('person')).length, 1)
      assert.ok(!(neighbour in before))

      await phone.edit('household', file, { address: '新址' })
      await office.leave({ account: helper.id, area, case: file })
      await settle(phone)

      assert.deepEqual(Object.keys(await phone.records('household')), [own])
      assert.deepEqual(await phone.records('person'), {})
      const arrived = (await office.history({ record: file })).length - 1
        + (await office.quarantine()).filter((record) => record === file).length
      assert.equal(arrived, 1)
    })

    test('a phone that signs in as another device sends what it had, and is told all there is', async (t) => {
      const { area, worker, replica, phone } = await scene(t, open)
      const [file] = await twoFiles(replica, area)
      await phone.sync()
      await phone.edit('household', file, { address: '新址' })
      await office.create({ name: replica, collection: 'household', area, set: { ...FAMILY, name: '李家' } })
      await office.sync({ name: replica })
      phone.headers = await signIn(worker)
      await settle(phone)
      await office.sync({ name: replica })

      const held = await phone.records('household')
      assert.equal(held[file].address, '新址')
      assert.equal(Object.keys(held).length, 3)
      await agreed(office, replica, phone, ['household'])
    })

    test('what cannot be taken just now stays unsent, and goes when it can', async (t) => {
      const { area, replica, phone } = await scene(t, open)
      await phone.sync()
      await office.hold_up({ area })
      const made = await phone.create('household', { area, ...FAMILY })
      await phone.sendOnceTrouble(() => office.let_go())
      await office.sync({ name: replica })

      assert.deepEqual(Object.keys(await office.records({ name: replica, collection: 'household' })), [made])
      await agreed(office, replica, phone, ['household'])
    })

    test('what breaks off at random bytes while 300 records are sent comes whole, and once', async (t) => {
      const { area, replica, phone } = await scene(t, open)
      await phone.sync()
      const made = []
      for (let number = 0; number < 300; number += 1) {
        made.push(await phone.create('household', { area, ...FAMILY, name: `王家 ${number}` }))
      }
      const link = await openCutting(office.address, { most: 300_000, seed: 146 })
      t.after(() => link.close())
      phone.address = link.address
      await settle(phone)
      await office.sync({ name: replica })

      assert.ok(link.counts.cuts > 0, `it never broke: ${link.counts.carried}`)
      const arrived = await office.records({ name: replica, collection: 'household' })
      assert.deepEqual(Object.keys(arrived).sort(), made.sort())
      assert.equal((await office.history({ record: made[150] })).length, 1)
      await agreed(office, replica, phone, ['household'])
    })

    test(`a first sync of ${FAMILIES} records, and a restart after it`, async (t) => {
      const { area, replica } = await crowd()
      const worker = await office.account({ role: 'social_worker', area })
      const phone = await phoneOf(t, open, worker, { collections: ['household'] })
      await phone.sync()
      await phone.restart()
      assert.equal(Object.keys(await phone.records('household')).length, FAMILIES)
      await agreed(office, replica, phone, ['household'])
    })
  })
}

/** Two families that the supervisor wrote down, with somebody in each. */
async function twoFiles(replica, area) {
  const files = []
  for (const name of ['王家', '赵家']) {
    const file = await office.create({ name: replica, collection: 'household', area, set: { ...FAMILY, name } })
    await office.create({ name: replica, collection: 'person', area, set: { household: file, name: `${name}老大` } })
    files.push(file)
  }
  await office.sync({ name: replica })
  return files
}
