// A community of 5,000 families: made once, for whichever test asks first.

import { office } from './office.js'

export const FAMILIES = 5000

let made = null

/** The community, and the replica of a supervisor who holds all of it. */
export function crowd() {
  made ??= make()
  return made
}

async function make() {
  const area = await office.area()
  const { username } = await office.account({ role: 'supervisor', area })
  const replica = 'crowd'
  await office.replica({ name: replica, username })
  await office.sync({ name: replica })
  const set = { name: '王家', address: '西津东路 575 号', community: '620103001001' }
  await office.create_many({ name: replica, collection: 'household', area, set, count: FAMILIES })
  return { area, replica }
}
