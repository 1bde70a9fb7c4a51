// The server under test, and the people around it: see office.py, which this starts and asks.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import readline from 'node:readline'
import { after } from 'node:test'

const ROOT = path.resolve(import.meta.dirname, '../..')
const PYTHON = process.env.LIANDONG_PYTHON ?? path.join(ROOT, '.venv/bin/python')

/** A running server of its own; `close` stops it. */
async function openOffice() {
  const child = spawn(PYTHON, ['-m', 'tests.clients.office'], {
    cwd: ROOT,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async () => {
    const { value, done } = await lines.next()
    if (done) throw new Error('the server has ended; what it said is above')
    return JSON.parse(value)
  }
  const { address } = await next()
  let last = Promise.resolve()

  const ask = (what, members) => {
    const answer = last.then(async () => {
      child.stdin.write(JSON.stringify({ do: what, ...members }) + '\n')
      const { done, failed } = await next()
      if (failed) throw new Error(`${what}: ${failed}`)
      return done
    })
    last = answer.catch(() => {})
    return answer
  }

  const close = async () => {
    const ended = once(child, 'exit')
    child.stdin.end()
    await ended
  }

  return new Proxy({ address, close }, {
    get: (own, name) => (name in own || name === 'then' ? own[name] : (members) => ask(name, members)),
  })
}

/**
 * The office of all tests of this process: `office.area()`, `office.account({ role, area })` and whatever else the
 * methods of `Office` in office.py are called ask it.
 */
export const office = await openOffice()

/** Where phones have their files, until the tests are over. */
export const folder = await mkdtemp(path.join(os.tmpdir(), 'liandong-clients-'))

after(async () => {
  await office.close()
  await rm(folder, { recursive: true })
})

/** Sign in on a new device: the headers that carry the access token. */
export async function signIn({ username, password }, device = crypto.randomUUID()) {
  const answer = await fetch(`${office.address}/api/v1/auth/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ username, password, device: { id: device, name: 'node', platform: 'node' } }),
  })
  if (!answer.ok) throw new Error(`signing in: ${answer.status} ${await answer.text()}`)
  return { Authorization: `Bearer ${(await answer.json()).access_token}` }
}
