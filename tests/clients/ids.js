// Ids as devices choose them.

let last = 0

/** A UUIDv7 (RFC 9562, 5.7), later than every one before. */
export function newId() {
  last = Math.max(last + 1, Date.now())
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  new DataView(bytes.buffer).setUint16(0, Math.floor(last / 2 ** 32))
  new DataView(bytes.buffer).setUint32(2, last % 2 ** 32)
  bytes[6] = (bytes[6] & 0x0f) | 0x70
  bytes[8] = (bytes[8] & 0x3f) | 0x80
  return Buffer.from(bytes).toString('hex').replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5')
}
