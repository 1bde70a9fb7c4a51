// What the tests of the client libraries stand on: the server, the people around it, and bad links to it.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { openCutting } from './cutting.js'
import { office, signIn } from './office.js'
import { openProxy } from './proxy.js'

describe('the office and its links', () => {
  test('somebody signs in through a link that loses a fifth, and hears from the server', async () => {
    const area = await office.area()
    const headers = await signIn(await office.account({ role: 'social_worker', area }))
    const link = await openProxy(office.address, { loss: 0.2, seed: 7 })

    const answers = []
    for (let asked = 0; asked < 100; asked += 1) {
      const asking = fetch(`${link.address}/api/v1/areas`, { headers })
      answers.push(await asking.then((answer) => answer.status, () => 'lost'))
    }
    await link.close()

    const lost = answers.filter((answer) => answer === 'lost').length
    assert.equal(answers.filter((answer) => answer === 200).length, 100 - lost)
    assert.equal(lost, link.counts.lostThere + link.counts.lostBack)
    assert.ok(link.counts.lostThere >= 5 && link.counts.lostBack >= 5, JSON.stringify(link.counts))
  })

  test('a link that breaks lets some bytes through and then no more', async () => {
    const link = await openCutting(office.address, { most: 2000, seed: 3 })
    const answers = []
    for (let asked = 0; asked < 20; asked += 1) {
      answers.push(await fetch(`${link.address}/api/v1/auth/jwks`).then(() => 'whole', () => 'cut'))
    }
    await link.close()
    assert.ok(answers.includes('whole') && answers.includes('cut'), answers.join(' '))
    assert.ok(link.counts.cuts >= answers.filter((answer) => answer === 'cut').length)
  })

  test('a replica in Python and the office know of the same records', async () => {
    const area = await office.area()
    const { username } = await office.account({ role: 'social_worker', area })
    await office.replica({ name: 'first', username })
    await office.replica({ name: 'second', username })
    await office.sync({ name: 'first' })

    const set = { name: '王家', address: '西津东路 575 号', community: '620103001001' }
    const record = await office.create({ name: 'first', collection: 'household', area, set })
    await office.sync({ name: 'first' })
    await office.sync({ name: 'second' })

    const held = await office.records({ name: 'second', collection: 'household' })
    assert.equal(held[record].name, '王家')
  })
})
