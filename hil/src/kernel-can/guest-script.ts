/** A value as one word of a POSIX shell. */
export const quote = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`;

/** The shell script that the guest runs: this environment, this folder, this command. */
export function guestScript(job: {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}): string {
  const exports = Object.entries(job.environment)
    // A shell cannot export what is no name in it; bash's exported functions are such.
    .filter(([name, value]) => /^[A-Za-z_]\w*$/u.test(name) && value !== undefined)
    .map(([name, value]) => `export ${name}=${quote(value ?? "")}`);
  return [
    ...exports,
    `cd ${quote(job.cwd)} || exit 126`,
    `exec ${job.command.map(quote).join(" ")}`,
    "",
  ].join("\n");
}
