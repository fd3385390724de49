/** What a text has in it that not every database, log and terminal keeps as it is: as the object of "it has". */
export function unfitText(text: string): string | undefined {
  if (text.includes("\u0000")) return "the character U+0000";
  return text.isWellFormed() ? undefined : "half of a character (a lone UTF-16 surrogate)";
}
