// Who is there in a test: a community, a worker with a phone, and a supervisor with a replica in Python.

import path from 'node:path'

import { folder, office, signIn } from './office.js'
import { RxPhone } from './rxdb.js'
import { WatermelonPhone } from './watermelon.js'

export const FAMILY = { name: '王家', address: '西津东路 575 号', community: '620103001001' }

/** The libraries that keep an app's records, and how each of their phones is opened. */
export const LIBRARIES = {
  'RxDB by the handlers that it documents': (said) => RxPhone.open({ way: 'handlers', ...said }),
  'RxDB by the client of rxdb-server': (said) => RxPhone.open({ way: 'server', ...said }),
  WatermelonDB: ({ collections, ...said }) => WatermelonPhone.open(said),
}

let opened = 0

/** A phone of somebody: a new file, a new device. It is closed when the test `t` is over. */
export async function phoneOf(t, open, account, more = {}) {
  opened += 1
  const headers = await signIn(account)
  const file = path.join(folder, `${opened}.json`)
  const phone = await open({ file, address: office.address, headers, collections: ['household', 'conflict'], ...more })
  t.after(() => phone.close())
  return phone
}

/** A community of its own. `replica`: what the supervisor's is called. */
export async function scene(t, open, more = {}) {
  const area = await office.area()
  const worker = await office.account({ role: 'social_worker', area })
  const boss = await office.account({ role: 'supervisor', area })
  const replica = await replicaOf(boss)
  return { area, worker, boss, replica, phone: await phoneOf(t, open, worker, more) }
}

/** A replica of somebody, which has been told what there is. */
export async function replicaOf({ username }) {
  const name = `replica of ${username}`
  await office.replica({ name, username })
  await office.sync({ name })
  return name
}

/** Until the phone has sent what it had and heard what came of it. */
export async function settle(...phones) {
  for (const phone of [...phones, ...phones]) await phone.sync()
}
