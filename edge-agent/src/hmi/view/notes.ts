/** A run of text within a block of release notes. */
export interface Span {
  readonly text: string;
  readonly style?: "strong" | "emphasis" | "code";
}

/** One block of release notes. Anything the subset does not know stays plain text: nothing here can become markup. */
export type Block =
  | { readonly kind: "heading"; readonly level: 2 | 3; readonly spans: readonly Span[] }
  | { readonly kind: "paragraph"; readonly spans: readonly Span[] }
  | { readonly kind: "list"; readonly ordered: boolean; readonly items: readonly (readonly Span[])[] };

const HEADING = /^(#{1,6})\s+(.*)$/;
const ITEM = /^\s*(?:[-*+]|(\d+)[.)])\s+(.*)$/;

/** Reads the subset of Markdown that release notes use: headings, paragraphs, lists, strong, emphasis, code. */
export function parseNotes(markdown: string): Block[] {
  const blocks: Block[] = [];
  for (const group of markdown.replaceAll("\r\n", "\n").split(/\n\s*\n/)) blocks.push(...parseGroup(group));
  return blocks;
}

function parseGroup(group: string): Block[] {
  const blocks: Block[] = [];
  let lines: string[] = [];
  let items: string[] = [];
  let ordered = false;
  const close = () => {
    if (lines.length > 0) blocks.push({ kind: "paragraph", spans: parseSpans(lines.join(" ")) });
    if (items.length > 0) blocks.push({ kind: "list", ordered, items: items.map(parseSpans) });
    [lines, items] = [[], []];
  };
  for (const line of group.split("\n")) {
    const heading = HEADING.exec(line);
    const item = ITEM.exec(line);
    if (heading) {
      close();
      const [, marks = "", text = ""] = heading;
      blocks.push({ kind: "heading", level: marks.length <= 2 ? 2 : 3, spans: parseSpans(text) });
    } else if (item) {
      if (lines.length > 0 || (items.length > 0 && ordered !== (item[1] !== undefined))) close();
      ordered = item[1] !== undefined;
      items.push(item[2] ?? "");
    } else if (items.length > 0 && line.trim()) {
      items.push(`${items.pop() ?? ""} ${line.trim()}`);
    } else if (line.trim()) {
      lines.push(line.trim());
    }
  }
  close();
  return blocks;
}

const SPAN = /\*\*([^*]+)\*\*|__([^_]+)__|\*([^*\s][^*]*)\*|\b_([^_]+)_\b|`([^`]+)`|\[([^\]]+)\]\([^)]*\)/g;

/** Strong, emphasis, code; a link keeps its words and loses its target: a head unit opens no pages. */
function parseSpans(text: string): Span[] {
  const spans: Span[] = [];
  let end = 0;
  for (const match of text.matchAll(SPAN)) {
    const [whole, strong1, strong2, em1, em2, code, link] = match;
    if (match.index > end) spans.push({ text: text.slice(end, match.index) });
    const strong = strong1 ?? strong2;
    const emphasis = em1 ?? em2;
    if (strong) spans.push({ text: strong, style: "strong" });
    else if (emphasis) spans.push({ text: emphasis, style: "emphasis" });
    else if (code) spans.push({ text: code, style: "code" });
    else spans.push({ text: link ?? whole });
    end = match.index + whole.length;
  }
  if (end < text.length) spans.push({ text: text.slice(end) });
  return spans;
}

const sentences = new Intl.Segmenter("en", { granularity: "sentence" });

/** The first paragraph's whole sentences that fit into `limit` characters; undefined where not even one fits. */
export function opening(markdown: string, limit: number): string | undefined {
  const first = parseNotes(markdown).find((block) => block.kind === "paragraph");
  let text = "";
  for (const { segment } of sentences.segment(first?.spans.map((span) => span.text).join("") ?? "")) {
    if ((text + segment).trimEnd().length > limit) break;
    text += segment;
  }
  return text.trim() || undefined;
}
