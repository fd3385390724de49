import type { ByteReader, ByteWriter } from "../bytes.ts";
import { UdsFormatError } from "../error.ts";
import { type Field, list, record, u16, u24, u8 } from "../fields.ts";
import { Nrc } from "../nrc.ts";
import { declareService } from "../service.ts";

/** Sub-functions of ReadDTCInformation that are declared here (ISO 14229-1:2020, table 266). */
export const DtcReport = { numberByStatusMask: 0x01, byStatusMask: 0x02 } as const;

const number = record({ availabilityMask: u8, formatIdentifier: u8, count: u16 });
const records = record({ availabilityMask: u8, dtcs: list(record({ dtc: u24, status: u8 })) });

export type DtcAnswer =
  | { report: 0x01; availabilityMask: number; formatIdentifier: number; count: number }
  | { report: 0x02; availabilityMask: number; dtcs: { dtc: number; status: number }[] };

/** The shape of the answer depends on the sub-function. */
const answer: Field<DtcAnswer> = {
  write(writer: ByteWriter, value: DtcAnswer) {
    u8.write(writer, value.report);
    if (value.report === DtcReport.numberByStatusMask) number.write(writer, value);
    else records.write(writer, value);
  },
  read(reader: ByteReader): DtcAnswer {
    const report = u8.read(reader);
    if (report === DtcReport.numberByStatusMask) return { report, ...number.read(reader) };
    if (report === DtcReport.byStatusMask) return { report, ...records.read(reader) };
    throw new UdsFormatError("out-of-range", `report ${report} of ReadDTCInformation is not known here`);
  },
};

/** 19, reports 01 and 02 (ISO 14229-1:2020, 12.3). */
export const ReadDtcInformation = declareService({
  name: "ReadDTCInformation",
  sid: 0x19,
  subFunction: true,
  echo: 1,
  request: record({ report: u8, statusMask: u8 }),
  response: answer,
  nrcs: [Nrc.subFunctionNotSupported, Nrc.requestOutOfRange, Nrc.subFunctionNotSupportedInActiveSession],
});
