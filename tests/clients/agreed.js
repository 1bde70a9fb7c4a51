// Whether a library holds what the Python replica holds.

import assert from 'node:assert/strict'

/**
 * `phone` holds of `collections` what the replica called `name` does, field by field. Sets have no order; what
 * is empty is not there.
 */
export async function agreed(office, name, phone, collections) {
  for (const collection of collections) {
    const expected = await office.records({ name, collection })
    const found = await phone.records(collection)
    assert.deepEqual(plain(found, ['area', 'case']), plain(expected), `${collection} of ${name}`)
  }
}

function plain(records, besides = []) {
  return Object.fromEntries(
    Object.entries(records)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([id, fields]) => [id, Object.fromEntries(
        Object.entries(fields)
          .filter(([field, value]) => value !== null && !besides.includes(field))
          .sort(([one], [other]) => (one < other ? -1 : 1))
          .map(([field, value]) => [field, isSet(value) ? [...value].sort() : value]),
      )]),
  )
}

const isSet = (value) => Array.isArray(value) && value.every((member) => typeof member === 'string')
