// tus-js-client as npm has it, against the real server: files that come whole however the link and the app behave.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, test } from 'node:test'

import { agreed } from './agreed.js'
import { openCutting, openDamaging } from './cutting.js'
import { folder, office, signIn } from './office.js'
import { paper } from './papers.js'
import { openProxy, randomly } from './proxy.js'
import { FAMILY, LIBRARIES, phoneOf, replicaOf, settle } from './scene.js'
import { about, TusPhone } from './tus.js'

let opened = 0

/** A phone of somebody that sends files: a new device. `link`: what it goes through, if not to the server at once. */
async function senderOf(account, link = office) {
  opened += 1
  return new TusPhone({
    address: link.address, headers: await signIn(account), notes: path.join(folder, `uploads ${opened}.json`),
  })
}

/** A worker who applies for help for a family, and the replica in which they do. */
async function application() {
  const area = await office.area()
  const worker = await office.account({ role: 'social_worker', area })
  const replica = await replicaOf(worker)
  const made = (collection, set) => office.create({ name: replica, collection, area, set })
  const file = await made('household', FAMILY)
  const record = await made('referral', { household: file, kind: 'temporary', state: 'drafted' })
  await office.sync({ name: replica })
  return { area, worker, replica, record }
}

/** Files stand in the application from now on, so that they are there to be had. */
async function name({ replica, record }, ...files) {
  await office.edit({ name: replica, record, add: { photos: files.map((each) => each.id) } })
  await office.sync({ name: replica })
}

describe('tus-js-client', () => {
  test('a file comes in one go, and is had again whole, by ranges, and by nobody else', async () => {
    const scene = await application()
    const phone = await senderOf(scene.worker)
    const [content, said] = [paper(1_000_003), about(scene)]
    await phone.send(content, said)
    await name(scene, said)

    assert.ok(content.equals(await phone.bytes(said)))
    const answer = await phone.get(said, { Range: 'bytes=65000-199999' })
    assert.equal(answer.status, 206)
    assert.ok(content.subarray(65_000, 200_000).equals(Buffer.from(await answer.arrayBuffer())))
    assert.ok(content.subarray(-10).equals(await phone.bytes(said, { Range: 'bytes=-10' })))
    const stranger = await senderOf(await office.account({ role: 'social_worker', area: await office.area() }))
    assert.equal((await stranger.get(said)).status, 404)
  })

  test('its first bytes may come with the request that begins it', async () => {
    const scene = await application()
    const phone = await senderOf(scene.worker)
    const [content, said] = [paper(400_000), about(scene)]
    await phone.send(content, said, { uploadDataDuringCreation: true, chunkSize: 150_000 })
    await name(scene, said)

    assert.deepEqual(phone.said.map((each) => each.method), ['POST', 'PATCH', 'PATCH'])
    assert.ok(content.equals(await phone.bytes(said)))
  })

  test('where PATCH does not pass, POST does instead', async () => {
    const scene = await application()
    const phone = await senderOf(scene.worker)
    const [content, said] = [paper(100_000), about(scene)]
    await phone.send(content, said, { overridePatchMethod: true })
    await name(scene, said)

    assert.deepEqual(phone.said.map((each) => each.method), ['POST', 'POST'])
    assert.ok(content.equals(await phone.bytes(said)))
  })

  for (const seed of [1, 2, 3]) {
    test(`broken off at random bytes it goes on where it stopped (${seed})`, async (t) => {
      const scene = await application()
      const link = await openCutting(office.address, { most: 600_000, seed })
      t.after(() => link.close())
      const phone = await senderOf(scene.worker, link)
      const [content, said] = [paper(3_000_000, seed), about(scene)]
      await phone.send(content, said)
      await name(scene, said)

      assert.ok(link.counts.cuts >= 3, `cut ${link.counts.cuts} times`)
      assert.ok(link.counts.carried < 2 * content.length, `${link.counts.carried} bytes for ${content.length}`)
      const there = await senderOf(scene.worker)
      assert.ok(content.equals(await there.bytes(said)))
    })
  }

  test('in pieces over a link that loses a fifth of the requests it comes whole', async (t) => {
    const scene = await application()
    const link = await openProxy(office.address, { loss: 0.2, seed: 5 })
    t.after(() => link.close())
    const phone = await senderOf(scene.worker, link)
    const [content, said] = [paper(2_000_000, 5), about(scene)]
    await phone.send(content, said, { chunkSize: 50_000 })
    await name(scene, said)

    assert.ok(link.counts.lostThere > 0 && link.counts.lostBack > 0, JSON.stringify(link.counts))
    assert.equal(new Set(phone.offsets()).size, phone.offsets().length, 'no piece was taken twice')
    const there = await senderOf(scene.worker)
    assert.ok(content.equals(await there.bytes(said)))
  })

  for (const seed of [1, 2]) {
    test(`after the app was killed another run of it goes on where it stopped (${seed})`, async () => {
      const scene = await application()
      const phone = await senderOf(scene.worker)
      const [content, said] = [paper(4_000_000, seed), about(scene)]
      const file = path.join(folder, `${said.id}.pdf`)
      await writeFile(file, content)
      const killedAt = 400_000 + Math.floor(randomly(seed)() * 3_000_000)
      const { address, headers, notes } = phone
      const child = spawn(process.execPath, [path.join(import.meta.dirname, 'sender.js')], {
        env: { ...process.env, SENDING: JSON.stringify({ address, headers, notes, file, metadata: said, killedAt }) },
        stdio: ['ignore', 'inherit', 'inherit'],
      })
      const [, signal] = await once(child, 'exit')
      assert.equal(signal, 'SIGKILL')

      await phone.goOn(createReadStream(file), said)
      await name(scene, said)
      assert.equal(phone.said[0].method, 'HEAD')
      const [from] = phone.offsets()
      assert.ok(from >= 300_000 && from < content.length, `went on from ${from}, killed at ${killedAt}`)
      assert.ok(content.equals(await phone.bytes(said)))
    })
  }

  test('a piece that was damaged on its way is not taken, and sent again', async (t) => {
    const scene = await application()
    const link = await openDamaging(office.address, { times: 2, seed: 4 })
    t.after(() => link.close())
    const phone = await senderOf(scene.worker, link)
    const [content, said] = [paper(900_000, 4), about(scene)]
    await phone.send(content, said, { chunkSize: 300_000, ...checked(content, 300_000) })
    await name(scene, said)

    assert.equal(link.counts.damaged, 2)
    assert.equal(phone.said.filter((each) => each.status === 460).length, 2)
    assert.deepEqual(phone.offsets(), [0, 300_000, 600_000])
    assert.ok(content.equals(await phone.bytes(said)))
  })

  test('an upload that is taken back is gone, on the server and from the phone', async () => {
    const scene = await application()
    const phone = await senderOf(scene.worker)
    const [content, said] = [paper(900_000), about(scene)]
    const upload = await new Promise((resolve, reject) => {
      const begun = phone.upload(content, said, {
        chunkSize: 300_000, onChunkComplete: () => resolve(begun), onError: reject,
      })
      begun.start()
    })
    await upload.abort(true)

    const answer = await fetch(upload.url, {
      method: 'HEAD', headers: { ...phone.headers, 'Tus-Resumable': '1.0.0' },
    })
    assert.equal(answer.status, 404)
    await phone.forgets(content, said)
  })

  test('an upload whose days are over begins anew, and says until when it may go on', async () => {
    const scene = await application()
    const phone = await senderOf(scene.worker)
    const [content, said] = [paper(900_000), about(scene)]
    await new Promise((resolve, reject) => {
      const begun = phone.upload(content, said, {
        chunkSize: 300_000, onError: reject, onChunkComplete: () => begun.abort().then(resolve),
      })
      begun.start()
    })
    assert.ok(new Date(phone.said[0].expires) > new Date(Date.now() + 24 * 3600 * 1000))
    await office.expire_uploads({ record: scene.record })
    phone.said.length = 0

    await phone.goOn(content, said)
    await name(scene, said)
    const answers = phone.said.map((each) => `${each.method} ${each.status}`)
    assert.deepEqual(answers, ['HEAD 410', 'POST 201', 'PATCH 204'])
    assert.ok(content.equals(await phone.bytes(said)))
  })

  test('with an expired token it forgets where it was, with a fresh one at each request it goes on', async () => {
    const scene = await application()
    const phone = await senderOf(scene.worker)
    const [content, said] = [paper(900_000), about(scene)]
    const begin = () => new Promise((resolve, reject) => {
      const begun = phone.upload(content, said, {
        chunkSize: 300_000, onError: reject, onChunkComplete: () => begun.abort().then(resolve),
      })
      begun.start()
    })
    await begin()
    const { headers } = phone
    phone.headers = { Authorization: 'Bearer expired' }
    await assert.rejects(phone.goOn(content, said), /401/)
    await phone.forgets(content, said)

    phone.headers = headers
    await begin()
    phone.headers = { Authorization: 'Bearer expired' }
    phone.said.length = 0
    const onBeforeRequest = (request) => request.setHeader('Authorization', headers.Authorization)
    await phone.goOn(content, said, { onBeforeRequest })
    phone.headers = headers
    await name(scene, said)
    assert.deepEqual(phone.said.map((each) => each.method), ['HEAD', 'PATCH'])
    assert.ok(content.equals(await phone.bytes(said)))
  })

  test('what is no photo, sound or paper is refused with a reason, and not sent again', async () => {
    const scene = await application()
    const phone = await senderOf(scene.worker)
    const content = Buffer.from('<script>alert(document.domain)</script>')
    await assert.rejects(phone.send(content, about(scene)), (error) => {
      assert.equal(JSON.parse(error.originalResponse.getBody()).type, 'file-refused')
      return true
    })
    assert.deepEqual(phone.said.map((each) => each.method), ['POST', 'PATCH'])
  })

  test('who may not write there is refused with a reason before a byte is sent', async () => {
    const scene = await application()
    const phone = await senderOf(await office.account({ role: 'social_worker', area: await office.area() }))
    await assert.rejects(phone.send(paper(100_000), about(scene)), (error) => {
      assert.equal(JSON.parse(error.originalResponse.getBody()).type, 'area-not-held')
      return true
    })
    assert.deepEqual(phone.said.map((each) => each.method), ['POST'])
  })

  for (const option of [{ parallelUploads: 3 }, { uploadLengthDeferred: true }]) {
    test(`what the server does not speak is refused with a reason: ${Object.keys(option)}`, async () => {
      const scene = await application()
      const phone = await senderOf(scene.worker)
      await assert.rejects(phone.send(paper(100_000), about(scene), option), (error) => {
        const { type, detail } = JSON.parse(error.originalResponse.getBody())
        assert.equal(type, 'malformed')
        assert.ok(detail, error.message)
        return true
      })
    })
  }

  test('three phones with three libraries send files for one record over a bad link, and all have all', async (t) => {
    const scene = await application()
    const { area, record, replica, worker } = scene
    const phones = []
    for (const [number, open] of Object.values(LIBRARIES).entries()) {
      const link = await openProxy(office.address, { loss: 0.2, seed: number + 1 })
      t.after(() => link.close())
      const phone = await phoneOf(t, open, worker, { collections: ['referral'] })
      phone.address = link.address
      const sender = new TusPhone({
        address: link.address, headers: phone.headers, notes: path.join(folder, `three ${number}.json`),
      })
      phones.push({ phone, sender, number })
    }
    for (const { phone } of phones) await settle(phone)

    const files = await Promise.all(phones.map(async ({ phone, sender, number }) => {
      const [content, said] = [paper(500_000, number), about({ area, record })]
      const { photos = [] } = (await phone.records('referral'))[record]
      await phone.edit('referral', record, { photos: [...photos, said.id] })
      await phone.restart()
      await sender.send(content, said, { chunkSize: 100_000 })
      return { content, said }
    }))
    for (const { phone } of [...phones, ...phones]) await settle(phone)
    await office.sync({ name: replica })

    const held = await office.records({ name: replica, collection: 'referral' })
    assert.deepEqual([...held[record].photos].sort(), files.map((each) => each.said.id).sort())
    for (const { phone } of phones) {
      await agreed(office, replica, phone, ['referral'])
      const reader = new TusPhone({ address: office.address, headers: phone.headers })
      for (const { content, said } of files) assert.ok(content.equals(await reader.bytes(said)))
    }
  })
})

/**
 * What an app adds for the checksum extension, of which the library knows nothing: what each piece comes to, and
 * that one that was damaged is worth another try.
 */
function checked(content, chunkSize) {
  return {
    onBeforeRequest: (request) => {
      if (request.getMethod() !== 'PATCH') return
      const from = Number(request.getHeader('Upload-Offset'))
      const digest = createHash('sha256').update(content.subarray(from, from + chunkSize)).digest('base64')
      request.setHeader('Upload-Checksum', `sha256 ${digest}`)
    },
    onShouldRetry: (error) => {
      const status = error.originalResponse?.getStatus() ?? 0
      return status < 400 || status >= 500 || [409, 423, 460].includes(status)
    },
  }
}
