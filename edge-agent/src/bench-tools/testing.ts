import { VirtualBus } from "@halfshaft/vehicle-net/can";
import { VirtualClock } from "@halfshaft/vehicle-net/clock";
import { type EcuProfile, ecuChannel, profileNamed } from "@halfshaft/vehicle-net/ecu";
import { openIsoTpChannel } from "@halfshaft/vehicle-net/isotp";
import {
  ClearDiagnosticInformation,
  DtcReport,
  handle,
  Nrc,
  ReadDataByIdentifier,
  ReadDtcInformation,
  UdsRefused,
  UdsServer,
  WriteDataByIdentifier,
} from "@halfshaft/vehicle-net/uds";
import { type EcuLink, openEcuLink, targetOfProfile } from "./ecu-link.ts";

/** A small ECU on a virtual bus: some data, a lock, faults. */
export interface DiagnosticRig {
  readonly clock: VirtualClock;
  readonly wire: VirtualBus;
  readonly profile: EcuProfile;
  readonly link: EcuLink;
  readonly server: UdsServer;
  /** Data identifiers and their bytes; 0xF1F0 exists and is locked. */
  readonly data: Map<number, Uint8Array>;
  dtcs: { dtc: number; status: number }[];
}

export const LOCKED_DID = 0xf1f0;
/** Takes a value and keeps another. */
export const STUBBORN_DID = 0xf1f1;

export function diagnosticRig(): DiagnosticRig {
  const clock = new VirtualClock();
  const wire = new VirtualBus({ clock, bitrate: 500_000 });
  const profile = { ...profileNamed("engine"), otherDids: { vin: 0xf190 } };
  const data = new Map<number, Uint8Array>([
    [0xf195, new TextEncoder().encode("1.0.0")],
    [0xf190, new TextEncoder().encode("WVWZZZ1KZAW000001")],
    [STUBBORN_DID, Uint8Array.of(0)],
  ]);
  const rig = { clock, wire, profile, data, dtcs: [{ dtc: 0x16_01_00, status: 0x09 }] };
  const link = openEcuLink(wire.attach("tester"), clock, targetOfProfile(profile));
  const transport = openIsoTpChannel(wire.attach("ecu"), clock, ecuChannel(profile));
  const server = new UdsServer({
    transport,
    clock,
    handlers: [
      handle(ReadDataByIdentifier, {}, ({ dids: [did = 0] }) => {
        if (did === LOCKED_DID) throw new UdsRefused(ReadDataByIdentifier, Nrc.securityAccessDenied);
        const bytes = data.get(did);
        if (bytes === undefined) throw new UdsRefused(ReadDataByIdentifier, Nrc.requestOutOfRange);
        return { did, data: bytes };
      }),
      handle(WriteDataByIdentifier, {}, ({ did, data: bytes }) => {
        if (did !== STUBBORN_DID) data.set(did, bytes);
        return { did };
      }),
      handle(ReadDtcInformation, {}, (request) => {
        if (request.report !== DtcReport.byStatusMask) {
          throw new UdsRefused(ReadDtcInformation, Nrc.subFunctionNotSupported);
        }
        const { report, statusMask } = request;
        const dtcs = rig.dtcs.filter(({ status }) => (status & statusMask) !== 0);
        return { report, availabilityMask: 0xff, dtcs };
      }),
      handle(ClearDiagnosticInformation, {}, () => {
        rig.dtcs = [];
        return {};
      }),
    ],
  });
  return Object.assign(rig, { link, server });
}

/** Everything that a generator gives. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** The same in virtual time. */
export const collect = <T>(clock: VirtualClock, items: AsyncIterable<T>): Promise<T[]> =>
  clock.run(all(items));
