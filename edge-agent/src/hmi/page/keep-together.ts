/** A number and its unit never part at the end of a line: "12.2 V", "12-volt". */
export function keepTogether(text: string): string {
  return text
    .replaceAll(/(\d) (?=%|V\b|[kMG]?B\b|h\b|min\b|s\b|of\b|seconds\b)/g, "$1\u00a0")
    .replaceAll(/(\d)-(?=[a-z])/g, "$1\u2011");
}
