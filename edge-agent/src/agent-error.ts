export type AgentErrorCode =
  | "CONFIG_MISSING"
  | "CONFIG_INVALID"
  | "OPTION_INVALID"
  | "ROOT_INVALID"
  | "DATA_FOLDER_IN_USE"
  | "DATA_FOLDER_UNUSABLE"
  | "AGENT_NOT_RUNNING"
  | "NO_OPEN_DECISION";

/** What keeps the agent or one of its verbs from doing its work: a sentence for a person, and what to do. */
export class AgentError extends Error {
  override readonly name = "AgentError";
  readonly code: AgentErrorCode;
  readonly help: string;

  constructor(code: AgentErrorCode, message: string, help: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.help = help;
  }
}
