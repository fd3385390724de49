/** Resolves at the first SIGTERM or Ctrl-C; a second one ends the process at once. */
export async function terminated(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  process.once("SIGTERM", resolve);
  process.once("SIGINT", resolve);
  await promise;
  process.removeListener("SIGTERM", resolve);
  process.removeListener("SIGINT", resolve);
}
