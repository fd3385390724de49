/** Whether a write failed because nobody reads any more: `agent explain … | head`. */
const isClosedPipe = (error: Error): boolean => "code" in error && error.code === "EPIPE";

/** For verbs that only show something: they end with their reader. */
export function endWithReader(out: NodeJS.WriteStream): void {
  out.on("error", (error) => {
    if (!isClosedPipe(error)) throw error;
    process.exit(0);
  });
}

/** For verbs that do something: they finish it, whoever listens. */
export function outliveReader(out: NodeJS.WriteStream): void {
  out.on("error", (error) => {
    if (!isClosedPipe(error)) throw error;
  });
}
