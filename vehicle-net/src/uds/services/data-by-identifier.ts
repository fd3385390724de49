import { encode, list, record, restNotEmpty, u16 } from "../fields.ts";
import { Nrc } from "../nrc.ts";
import { declareService } from "../service.ts";

/**
 * 22 (ISO 14229-1:2020, 11.2). Where several identifiers were asked for, `data` goes on with the second
 * identifier and its data: lengths are not on the wire, so only their owner can split them.
 */
export const ReadDataByIdentifier = declareService({
  name: "ReadDataByIdentifier",
  sid: 0x22,
  subFunction: false,
  echo: 2,
  request: record({ dids: list(u16, 1) }),
  response: record({ did: u16, data: restNotEmpty }),
  nrcs: [Nrc.conditionsNotCorrect, Nrc.requestOutOfRange],
});

/** One identifier and its data. */
export interface DataRecord {
  readonly did: number;
  readonly data: Uint8Array;
}

/** Several records as the one that an answer to 22 holds. */
export function joinDataRecords([first, ...others]: readonly [DataRecord, ...DataRecord[]]): DataRecord {
  const following = others.map(({ did, data }) =>
    encode(record({ did: u16, data: restNotEmpty }), { did, data }),
  );
  return { did: first.did, data: Uint8Array.from([first.data, ...following].flatMap((part) => [...part])) };
}

/** 2E (ISO 14229-1:2020, 11.7). */
export const WriteDataByIdentifier = declareService({
  name: "WriteDataByIdentifier",
  sid: 0x2e,
  subFunction: false,
  echo: 2,
  request: record({ did: u16, data: restNotEmpty }),
  response: record({ did: u16 }),
  nrcs: [Nrc.conditionsNotCorrect, Nrc.requestOutOfRange, Nrc.generalProgrammingFailure],
});
