/**
 * Returns the slot of a Redis Cluster that a hash tag belongs to: CRC16 (XMODEM) modulo 16,384
 * (https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/).
 */
export const slotOf = (tag: string): number => {
  let crc = 0
  for (const byte of Buffer.from(tag)) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1
    crc &= 0xffff
  }
  return crc % 16_384
}
