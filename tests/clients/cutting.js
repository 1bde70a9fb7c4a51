// A link that breaks in the middle of what is sent or of what is answered, and one that damages what it carries.

import http from 'node:http'
import net from 'node:net'

import { randomly } from './proxy.js'

/**
 * Listens on a port of its own and passes on to `target`. Of each connection it lets through up to `most` bytes,
 * both ways together, as many as `seed` draws; then it is gone without a word. `counts.cuts`: how often.
 */
export async function openCutting(target, { most, seed = 1 }) {
  const { hostname, port } = new URL(target)
  const chance = randomly(seed)
  const counts = { cuts: 0, carried: 0 }
  const open = new Set()

  const server = net.createServer((near) => {
    const far = net.connect(Number(port), hostname)
    let left = 1 + Math.floor(chance() * most)
    const hangUp = () => {
      for (const end of [near, far]) {
        end.destroy()
        open.delete(end)
      }
    }
    for (const [from, to] of [[near, far], [far, near]]) {
      open.add(from)
      from.on('error', hangUp)
      from.on('close', hangUp)
      from.on('data', (piece) => {
        const passed = piece.subarray(0, left)
        left -= passed.length
        counts.carried += passed.length
        const isOver = left <= 0
        if (isOver) from.pause()
        if (!to.write(passed, () => { if (isOver) hangUp() }) && !isOver) {
          from.pause()
          to.once('drain', () => from.resume())
        }
        if (isOver) counts.cuts += 1
      })
    }
  })
  return listening(server, counts, () => { for (const end of open) end.destroy() })
}

/** Of the first `times` bodies that are sent through it, one byte each, wherever `seed` draws, is another one. */
export async function openDamaging(target, { times, seed = 1 }) {
  const chance = randomly(seed)
  const counts = { damaged: 0 }
  const server = http.createServer(async (request, response) => {
    const { method, url, headers } = request
    const body = Buffer.concat(await request.toArray())
    if (body.length > 0 && counts.damaged < times) {
      counts.damaged += 1
      body[Math.floor(chance() * body.length)] ^= 0x20
    }
    const passed = http.request(new URL(url, target), { method, headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers)
      answer.pipe(response)
    })
    passed.on('error', () => request.socket.destroy())
    passed.end(body)
  })
  return listening(server, counts, () => server.closeAllConnections())
}

async function listening(server, counts, hangUp) {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    address: `http://127.0.0.1:${server.address().port}`,
    counts,
    close: () => {
      hangUp()
      return new Promise((resolve) => server.close(resolve))
    },
  }
}
