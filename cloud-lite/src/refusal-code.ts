/** One row of the cloud's own problem codes; what goes wrong in a vehicle has its table in ota-format/failures.ts. */
export interface RefusalCode {
  /** HTTP status; 0 where the code is only ever seen on the command line. */
  readonly status: number;
  /** What happened; `{name}` stands for an operand. */
  readonly sentence: string;
  /** What a person can do about it. */
  readonly help: string;
}
