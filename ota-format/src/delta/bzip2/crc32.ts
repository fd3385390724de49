/** CRC-32 as bzip2 has it: polynomial 04C11DB7, most significant bit first, start and final value inverted. */
export const CRC_START = 0xffffffff;

const POLYNOMIAL = 0x04c11db7;

/** What a byte does to the CRC when 0, 1, 2 or 3 further bytes follow it: four bytes take one step. */
const [NOW, AFTER_1, AFTER_2, AFTER_3] = ((): [Int32Array, Int32Array, Int32Array, Int32Array] => {
  const now = Int32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte << 24;
    for (let bit = 0; bit < 8; bit++) crc = crc < 0 ? (crc << 1) ^ POLYNOMIAL : crc << 1;
    return crc;
  });
  const shift = (table: Int32Array): Int32Array => table.map((crc) => (crc << 8) ^ now[crc >>> 24]!);
  const after1 = shift(now);
  const after2 = shift(after1);
  return [now, after1, after2, shift(after2)];
})();

/** The running value (not yet inverted) after `bytes[from..to)`; a signed 32-bit number. */
export function updateCrc(crc: number, bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  for (; at + 4 <= to; at += 4) {
    crc ^= (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
    crc =
      AFTER_3[crc >>> 24]! ^ AFTER_2[(crc >>> 16) & 0xff]! ^ AFTER_1[(crc >>> 8) & 0xff]! ^ NOW[crc & 0xff]!;
  }
  for (; at < to; at++) crc = (crc << 8) ^ NOW[(crc >>> 24) ^ bytes[at]!]!;
  return crc;
}

export function finishCrc(crc: number): number {
  return ~crc >>> 0;
}

/** The checksum of a whole stream, block by block. */
export function combineCrc(streamCrc: number, blockCrc: number): number {
  return (((streamCrc << 1) | (streamCrc >>> 31)) ^ blockCrc) >>> 0;
}
