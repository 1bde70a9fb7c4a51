// An app that is killed while it sends a file: `node sender.js` with what it needs in the environment, as JSON.

import { createReadStream } from 'node:fs'

import { TusPhone } from './tus.js'

const { address, headers, notes, file, metadata, killedAt } = JSON.parse(process.env.SENDING)
const phone = new TusPhone({ address, headers, notes })

await phone.send(createReadStream(file), metadata, {
  chunkSize: 300_000,
  onProgress: (sent) => {
    if (sent >= killedAt) process.kill(process.pid, 'SIGKILL')
  },
})
