import type { RoutineName, RoutineResult } from "@halfshaft/vehicle-net/ecu";

/** Who an error is about; for people and for the failure's record. */
export interface EcuName {
  readonly ecuId: string;
  readonly name: string;
}

/** Something that was asked of an ECU did not succeed; `cause` is the error of the layer below. */
export class EcuOperationError extends Error {
  override readonly name = "EcuOperationError";
  readonly ecu: EcuName;
  /** What was asked: "erasing", "block 12". */
  readonly operation: string;

  constructor(ecu: EcuName, operation: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`${ecu.name} (${ecu.ecuId}), ${operation}: ${reason}`, { cause });
    this.ecu = ecu;
    this.operation = operation;
  }
}

/** A routine ran and found something wrong. */
export class RoutineRejected extends Error {
  override readonly name = "RoutineRejected";
  readonly routine: RoutineName;
  readonly result: RoutineResult;

  constructor(routine: RoutineName, result: RoutineResult, sentence: string) {
    super(`${routine}: ${sentence}`);
    this.routine = routine;
    this.result = result;
  }
}

/** A block of TransferData stayed without an answer however often it was sent. */
export class BlockLost extends Error {
  override readonly name = "BlockLost";
  /** Number of the block within its download, from 1. */
  readonly block: number;
  readonly attempts: number;

  constructor(block: number, attempts: number, options: { cause: unknown }) {
    super(`block ${block} was sent ${attempts} times and not answered`, options);
    this.block = block;
    this.attempts = attempts;
  }
}
