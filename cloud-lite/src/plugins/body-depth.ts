/** Levels of objects and lists inside one another that a body may have where its schema holds itself. */
export const DEEPEST_BODY = 100;

/** Looks level by level: what calls itself for each level would run out of stack. */
export function isDeeperThan(limit: number, body: unknown): boolean {
  let level: unknown[] = [body];
  for (let depth = 0; depth <= limit && level.length > 0; depth += 1) {
    level = level.flatMap((value) =>
      typeof value === "object" && value !== null ? (Object.values(value) as unknown[]) : [],
    );
  }
  return level.length > 0;
}
