// Papers of any size, made up.

import { randomly } from './proxy.js'

/** What counts as a PDF, of exactly `size` bytes, which no two seeds have in common. */
export function paper(size, seed = 1) {
  const chance = randomly(seed)
  const content = Buffer.alloc(size)
  for (let at = 0; at + 4 <= size; at += 4) content.writeUInt32LE(Math.floor(chance() * 2 ** 32), at)
  content.write('%PDF-1.7\n')
  return content
}
