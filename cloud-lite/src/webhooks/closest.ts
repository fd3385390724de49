/** The words that differ least from what somebody wrote, the nearest first. */
export const closest = (text: string, words: readonly string[], count: number): string[] =>
  words
    .map((word) => ({ word, distance: distance(text, word) }))
    .toSorted((a, b) => a.distance - b.distance)
    .slice(0, count)
    .map(({ word }) => word);

/** How many letters are to be put in, taken out or changed (Levenshtein). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const letter of from) {
    const next = [row[0]! + 1];
    for (let j = 0; j < to.length; j += 1) {
      const changed = row[j]! + (letter === to[j] ? 0 : 1);
      next.push(Math.min(changed, row[j + 1]! + 1, next[j]! + 1));
    }
    row = next;
  }
  return row.at(-1)!;
}
