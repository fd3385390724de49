import { Icon } from "@halfshaft/ui-kit";
import { useEffect, useRef } from "preact/hooks";
import type { GatewayState } from "../../../gateway-state.ts";
import type { Texts } from "../../texts.en.ts";
import { ReleaseNotes } from "./release-notes.tsx";
import { TechnicianDetails } from "./technician-details.tsx";

/** Which part the person asked for; it comes first. */
export type PanelPart = "changes" | "details";

interface PanelProps {
  readonly part: PanelPart;
  readonly state: GatewayState;
  readonly texts: Texts;
  readonly onClose: () => void;
}

/** A sheet over the page with release notes and what a technician needs; Escape closes it. */
export function Panel({ part, state, texts, onClose }: PanelProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const { job } = state;
  const title = part === "changes" ? texts.details.notes : texts.action.details;
  return (
    <dialog ref={dialog} class="panel" aria-labelledby="panel-title" onClose={onClose}>
      <header>
        <h2 id="panel-title">{title}</h2>
        <button type="button" class="close" onClick={() => dialog.current?.close()}>
          <Icon name="close" />
          {texts.action.close}
        </button>
      </header>
      <div class="content" tabIndex={0}>
        {part === "changes" && job && <ReleaseNotes notes={job.release.notes} texts={texts} />}
        {part === "details" && <TechnicianDetails state={state} texts={texts} />}
      </div>
    </dialog>
  );
}
