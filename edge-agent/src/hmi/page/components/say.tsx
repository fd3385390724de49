import { Button, Shaft, Status } from "@halfshaft/ui-kit";
import type { Action, Progress, View } from "../../view/model.ts";
import { keepTogether } from "../keep-together.ts";
import { Checks } from "./checks.tsx";
import { Facts } from "./facts.tsx";

interface SayProps {
  readonly view: View;
  readonly busy: Action["verb"] | undefined;
  readonly progressLabel: string;
  readonly onAction: (action: Action) => void;
}

const REASON_ID = "status";

/** What the driver reads: status, one sentence, why, at most three facts, at most three buttons. */
export function Say({ view, busy, progressLabel, onAction }: SayProps) {
  if (view.placeholder) return <Placeholder shape={view.placeholder === "shape"} />;
  const { status, headline, text, progress, facts, checks, actions, link, urgent, silentSince } = view;
  return (
    <section class={progress ? "say running" : "say"}>
      <div class="line">
        <span aria-live="polite">
          <Status name={status.name} word={status.word} id={REASON_ID} />
        </span>
        {link && (
          <button type="button" class="link" onClick={() => onAction(link)}>
            {link.label}
          </button>
        )}
      </div>
      <h1 class={headline.length > 34 ? "long" : ""} aria-live={urgent ? "assertive" : "polite"}>
        {keepTogether(headline)}
      </h1>
      {progress && <Advance progress={progress} label={progressLabel} />}
      <p class="lede" aria-live={urgent ? "assertive" : "polite"}>
        {keepTogether(text)}
      </p>
      {facts && <Facts facts={facts} />}
      {checks && <Checks checks={checks} />}
      {actions.length > 0 && (
        <div class="actions">
          {actions.map((action) => (
            <ActionButton
              key={action.verb}
              action={action}
              busy={busy}
              silent={silentSince !== undefined}
              onAction={onAction}
            />
          ))}
        </div>
      )}
    </section>
  );
}

interface ActionButtonProps {
  readonly action: Action;
  readonly busy: Action["verb"] | undefined;
  readonly silent: boolean;
  readonly onAction: (action: Action) => void;
}

/** While the gateway is silent, what would ask it is inactive and points to the status, which says why. */
function ActionButton({ action, busy, silent, onAction }: ActionButtonProps) {
  const { verb, kind, label, phone } = action;
  if (verb === "call") {
    return (
      <a class={`button ${kind}`} href={`tel:${(phone ?? "").replaceAll(" ", "")}`}>
        {label}
      </a>
    );
  }
  const own = verb === "details" || verb === "changes";
  return (
    <Button
      kind={kind}
      onPress={() => onAction(action)}
      disabled={!own && (silent || (busy !== undefined && busy !== verb))}
      busy={busy === verb}
      reasonId={REASON_ID}
    >
      {label}
    </Button>
  );
}

function Advance({ progress, label }: { progress: Progress; label: string }) {
  const { fraction, left, spoken } = progress;
  return (
    <>
      <p class="advance figures" aria-hidden="true">
        <b>
          {Math.floor(fraction * 100)}
          <i>%</i>
        </b>
        {left && <span>{keepTogether(left)}</span>}
      </p>
      <Shaft fraction={fraction} label={label} spoken={spoken} />
    </>
  );
}

/** The shape of what will come: nothing jumps when it does. */
function Placeholder({ shape }: { shape: boolean }) {
  return (
    <section class="say" aria-busy="true">
      {shape && (
        <>
          <span class="shape word" />
          <span class="shape head" />
          <span class="shape text" />
          <span class="shape text short" />
        </>
      )}
    </section>
  );
}
