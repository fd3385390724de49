import type { MemoryRange } from "./memory-map.ts";
import { emptyLog, type AgreedPatch, type OpenPatch, type TransferLog } from "./transfer-log.ts";

/** The base of this patch is there. One that was begun with another is of no more use. */
export function agreePatch(log: TransferLog, patch: AgreedPatch): TransferLog {
  const { agreed, openPatch } = log;
  const isSame =
    agreed !== undefined &&
    agreed.baseSha256 === patch.baseSha256 &&
    agreed.patchSha256 === patch.patchSha256 &&
    agreed.patchBytes === patch.patchBytes;
  if (isSame && openPatch !== undefined) return log;
  return { ...ended(log), agreed: patch };
}

/** Neither a patch nor its base is known any more: it takes another checkBase to begin one. */
export const forgetPatch = (log: TransferLog): TransferLog => ended(log);

/**
 * Without the patch that is open. It has left its segment half written, so what was finished before it counts no more:
 * whatever comes next has to begin with erasing.
 */
const ended = ({ finished, openPatch, made }: TransferLog): TransferLog =>
  openPatch === undefined ? { finished, ...(made !== undefined && { made }) } : emptyLog;

export const beginPatch = (log: TransferLog, { address, length }: MemoryRange): TransferLog => ({
  finished: log.finished,
  agreed: log.agreed,
  openPatch: { address, length, patchOffset: 0 },
});

export const notePatch = (log: TransferLog, patchOffset: number, snapshot: string): TransferLog =>
  log.openPatch === undefined ? log : { ...log, openPatch: { ...log.openPatch, patchOffset, snapshot } };

/** The result is complete; another patch, perhaps of the next segment, needs another checkBase. */
export const closePatch = ({ finished, agreed, openPatch }: TransferLog): TransferLog =>
  openPatch === undefined
    ? { finished }
    : {
        finished: [...finished, { address: openPatch.address, length: openPatch.length }],
        made: agreed,
      };

/** The patch that a request for download goes on with: the one that was cut off, for the same result. */
export function resumedPatch({ openPatch }: TransferLog, request: MemoryRange): OpenPatch | undefined {
  const isSame = openPatch?.address === request.address && openPatch.length === request.length;
  return isSame ? openPatch : undefined;
}
