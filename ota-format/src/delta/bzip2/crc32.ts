/** CRC-32 as bzip2 has it: polynomial 04C11DB7, most significant bit first, start and final value inverted. */
export const CRC_START = 0xffffffff;

const POLYNOMIAL = 0x04c11db7;
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit++) crc = crc < 0 ? (crc << 1) ^ POLYNOMIAL : crc << 1;
  return crc;
});

/** The running value (not yet inverted) after `bytes[from..to)`; a signed 32-bit number. */
export function updateCrc(crc: number, bytes: Uint8Array, from: number, to: number): number {
  for (let i = from; i < to; i++) crc = (crc << 8) ^ TABLE[(crc >>> 24) ^ bytes[i]!]!;
  return crc;
}

export function finishCrc(crc: number): number {
  return ~crc >>> 0;
}

/** The checksum of a whole stream, block by block. */
export function combineCrc(streamCrc: number, blockCrc: number): number {
  return (((streamCrc << 1) | (streamCrc >>> 31)) ^ blockCrc) >>> 0;
}
