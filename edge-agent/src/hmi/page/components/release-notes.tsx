import type { Texts } from "../../texts.en.ts";
import { type Block, parseNotes, type Span } from "../../view/notes.ts";

interface ReleaseNotesProps {
  /** Markdown of the release; it is data from outside and becomes text nodes only. */
  readonly notes: string;
  readonly texts: Texts;
}

/** The release notes as headings, paragraphs and lists. */
export function ReleaseNotes({ notes, texts }: ReleaseNotesProps) {
  const blocks = parseNotes(notes);
  if (blocks.length === 0) return <p>{texts.details.noNotes}</p>;
  return (
    <div class="notes">
      {blocks.map((block, at) => (
        <NoteBlock key={at} block={block} />
      ))}
    </div>
  );
}

function NoteBlock({ block }: { block: Block }) {
  switch (block.kind) {
    case "heading":
      return block.level === 2 ? (
        <h3>
          <Spans spans={block.spans} />
        </h3>
      ) : (
        <h4>
          <Spans spans={block.spans} />
        </h4>
      );
    case "list": {
      const items = block.items.map((spans, at) => (
        <li key={at}>
          <Spans spans={spans} />
        </li>
      ));
      return block.ordered ? <ol>{items}</ol> : <ul>{items}</ul>;
    }
    default:
      return (
        <p>
          <Spans spans={block.spans} />
        </p>
      );
  }
}

function Spans({ spans }: { spans: readonly Span[] }) {
  return (
    <>
      {spans.map(({ text, style }) => {
        if (style === "strong") return <strong>{text}</strong>;
        if (style === "emphasis") return <em>{text}</em>;
        if (style === "code") return <code>{text}</code>;
        return text;
      })}
    </>
  );
}
