// A bad link: a proxy that loses a share of the requests, before the server has them or after it answered.

import http from 'node:http'

/**
 * Listens on a port of its own and passes on to `target`. `loss`: the share that is lost, half of it on the
 * way there and half on the way back. The same `seed` loses the same requests in the same order.
 */
export async function openProxy(target, { loss = 0.2, seed = 1 } = {}) {
  const chance = randomly(seed)
  const counts = { passed: 0, lostThere: 0, lostBack: 0 }
  const agent = new http.Agent({ keepAlive: true })

  const server = http.createServer((request, response) => {
    const drawn = chance()
    if (drawn < loss / 2) {
      counts.lostThere += 1
      request.socket.destroy()
      return
    }
    const isLostBack = drawn < loss
    const { method, url, headers } = request
    const passed = http.request(new URL(url, target), { method, headers, agent }, (answer) => {
      if (isLostBack) {
        counts.lostBack += 1
        answer.resume()
        answer.on('end', () => request.socket.destroy())
        return
      }
      counts.passed += 1
      response.writeHead(answer.statusCode, answer.headers)
      answer.pipe(response)
    })
    passed.on('error', () => request.socket.destroy())
    response.on('close', () => answerIsOver(passed))
    request.pipe(passed)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))

  return {
    address: `http://127.0.0.1:${server.address().port}`,
    counts,
    close: () => {
      agent.destroy()
      server.closeAllConnections()
      return new Promise((resolve) => server.close(resolve))
    },
  }
}

// Whoever asked is gone: an event stream would go on for an hour.
function answerIsOver(passed) {
  if (!passed.destroyed) passed.destroy()
}

/** Numbers from 0 up to 1, always the same for one seed (mulberry32). */
export function randomly(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
