import { Icon } from "./icons.tsx";
import { STATUS, type StatusName } from "./status-map.ts";

interface RailStep {
  readonly word: string;
  readonly state: "done" | "now" | "todo";
}

interface RailProps {
  /** Read before the list: "Update steps". */
  readonly label: string;
  /** The nine steps, in order. */
  readonly steps: readonly RailStep[];
  /** Colours the step that is now; unless the job is running its icon takes the place of the ring. */
  readonly status: StatusName;
  /** Where the job stands in words, for narrow pages: "Flash" and "Step 6 of 9". */
  readonly title: string;
  readonly count?: string;
}

/** The nine steps as joints on one shaft. */
export function Rail({ label, steps, status, title, count }: RailProps) {
  const { tone, icon } = STATUS[status];
  return (
    <div class={`rail tone-${tone}`}>
      <p class="summary" aria-hidden="true">
        <b>{title}</b>
        {count && <span class="figures">{count}</span>}
      </p>
      <ol aria-label={label}>
        {steps.map(({ word, state }) => (
          <li key={word} class={state} aria-current={state === "now" ? "step" : undefined}>
            {state === "now" && tone !== "run" && <Icon name={icon} />}
            <span class="word">{word}</span>
          </li>
        ))}
      </ol>
    </div>
  );
}
