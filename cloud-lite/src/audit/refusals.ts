import type { RefusalCode } from "../refusal-code.ts";

/** The audit log. */
export const AUDIT_REFUSALS = {
  AUDIT_BROKEN: {
    status: 0,
    sentence: "Audit entry {seq} does not fit its chain: {reason}.",
    help: "Someone changed the database. Compare it with a backup; the entries before this one fit.",
  },
  AUDIT_SEAL_BROKEN: {
    status: 0,
    sentence: "The audit log is not the one that audit-seal.json in the data folder vouches for: {reason}.",
    help: "Someone changed the database, or that file. Compare the log with a backup. If you set the database back yourself, remove the file: the cloud makes a new one.",
  },
  AUDIT_ENTRY_UNKNOWN: {
    status: 0,
    sentence: "The audit log has no entry {auditId}.",
    help: "Take `auditId` from `cloud audit export` or GET /api/v1/audit.",
  },
  AUDIT_ENTRY_REDACTED: {
    status: 0,
    sentence: "Audit entry {auditId} has no payload any more.",
    help: "It was redacted before; search for the entry audit.redacted that says why.",
  },
} as const satisfies Record<string, RefusalCode>;
