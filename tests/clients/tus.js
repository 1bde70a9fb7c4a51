// A phone that sends files with tus-js-client, as npm has it, and has them again.

import { createRequire } from 'node:module'
import { setTimeout } from 'node:timers/promises'

import { newId } from './ids.js'

const require = createRequire(import.meta.url)
const { FileUrlStorage, Upload } = require('tus-js-client')

export const RETRIES = Array(40).fill(50) // milliseconds to wait before each

/** What the app tells the server of a file for `field` of a record, in `Upload-Metadata`. */
export function about({ area, record, id = newId(), collection = 'referral', field = 'photos' }) {
  return { id, record, collection, field, area, filename: '证明.pdf' }
}

export class TusPhone {
  /** `notes`: the file in which the library keeps where uploads were going. */
  constructor({ address, headers, notes }) {
    Object.assign(this, { address, headers, notes })
    this.said = [] // each request with what was answered
  }

  /** The upload of `content` (a Buffer or an `fs.ReadStream`), not begun. */
  upload(content, metadata, options = {}) {
    return new Upload(content, {
      endpoint: `${this.address}/api/v1/uploads`,
      headers: this.headers,
      metadata,
      retryDelays: RETRIES,
      urlStorage: new FileUrlStorage(this.notes),
      onAfterResponse: (request, response) => {
        this.said.push({
          method: request.getMethod(),
          from: Number(request.getHeader('Upload-Offset')),
          status: response.getStatus(),
          expires: response.getHeader('Upload-Expires'),
        })
      },
      ...options,
    })
  }

  /** Send it to its end. Rejects with what the library calls `onError` with. */
  send(content, metadata, options = {}) {
    return finished((ends) => this.upload(content, metadata, { ...options, ...ends }).start())
  }

  /** Go on with what was begun for the same file before, as the library's documentation does it. */
  goOn(content, metadata, options = {}) {
    return finished(async (ends) => {
      const upload = this.upload(content, metadata, { ...options, ...ends })
      const [earlier] = await upload.findPreviousUploads()
      if (earlier === undefined) throw new Error('nothing was begun')
      upload.resumeFromPreviousUpload(earlier)
      upload.start()
    })
  }

  /** Until the library knows no more of an upload: it does not wait for that itself. */
  async forgets(content, metadata) {
    const ends = Date.now() + 10_000
    while ((await this.upload(content, metadata).findPreviousUploads()).length > 0) {
      if (Date.now() > ends) throw new Error('the upload is still noted')
      await setTimeout(20)
    }
  }

  /** How far the requests with the method began, of those that were answered as they should be. */
  offsets(method = 'PATCH') {
    return this.said.filter((each) => each.method === method && each.status < 300).map((each) => each.from)
  }

  /** A file of a record, as it is served. */
  async get({ record, id }, headers = {}) {
    return fetch(`${this.address}/api/v1/records/${record}/attachments/${id}`, {
      headers: { ...this.headers, ...headers },
    })
  }

  async bytes(metadata, headers) {
    const answer = await this.get(metadata, headers)
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`)
    return Buffer.from(await answer.arrayBuffer())
  }
}

async function finished(begin) {
  return new Promise((onSuccess, onError) => {
    Promise.resolve(begin({ onSuccess, onError })).catch(onError)
  })
}
