import { ACCESS_REFUSALS } from "./access/refusals.ts";
import { ARCHIVE_REFUSALS } from "./archive/refusals.ts";
import { ARTIFACT_REFUSALS } from "./artifacts/refusals.ts";
import { AUDIT_REFUSALS } from "./audit/refusals.ts";
import { BACKUP_REFUSALS } from "./backup/refusals.ts";
import { CAMPAIGN_REFUSALS } from "./campaigns/refusals.ts";
import { DB_REFUSALS } from "./db/refusals.ts";
import { LIVE_REFUSALS } from "./live/refusals.ts";
import { MACHINE_REFUSALS } from "./cli/refusals.ts";
import { RELEASE_REFUSALS } from "./releases/refusals.ts";
import { REQUEST_REFUSALS } from "./plugins/refusals.ts";
import { TELEMETRY_REFUSALS } from "./telemetry/refusals.ts";
import { VEHICLE_REFUSALS } from "./vehicles/refusals.ts";
import { WEBHOOK_REFUSALS } from "./webhooks/refusals.ts";
import type { RefusalCode } from "./refusal-code.ts";

const table = {
  ...REQUEST_REFUSALS,
  ...ACCESS_REFUSALS,
  ...VEHICLE_REFUSALS,
  ...RELEASE_REFUSALS,
  ...CAMPAIGN_REFUSALS,
  ...TELEMETRY_REFUSALS,
  ...LIVE_REFUSALS,
  ...WEBHOOK_REFUSALS,
  ...ARTIFACT_REFUSALS,
  ...DB_REFUSALS,
  ...AUDIT_REFUSALS,
  ...BACKUP_REFUSALS,
  ...ARCHIVE_REFUSALS,
  ...MACHINE_REFUSALS,
};

export type RefusalName = keyof typeof table;
type Operands = Readonly<Record<string, string | number>>;

/** Every refusal with its status, sentence and help. */
export const REFUSALS: Readonly<Record<RefusalName, RefusalCode>> = table;

/** A request or command that is refused: a code, its operands, and no stack trace for anyone. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly code: RefusalName;
  readonly operands: Operands;
  readonly status: number;
  readonly help: string;

  constructor(code: RefusalName, operands: Operands = {}, options?: { cause: unknown }) {
    super(fill(table[code].sentence, operands), options);
    this.code = code;
    this.operands = operands;
    this.status = table[code].status;
    this.help = fill(table[code].help, operands);
  }
}

function fill(text: string, operands: Operands): string {
  return text.replaceAll(/\{(\w+)\}/g, (hole, name: string) =>
    Object.hasOwn(operands, name) ? String(operands[name]) : hole,
  );
}
