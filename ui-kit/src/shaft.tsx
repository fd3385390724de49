interface ShaftProps {
  /** Work done, 0…1; the bar moves only when a new value arrives. */
  readonly fraction: number;
  readonly label: string;
  /** For screen readers: "60 percent, about 7 minutes left"; changed at most every 10 percent by the caller. */
  readonly spoken: string;
}

/** Progress as a bar between two joints. */
export function Shaft({ fraction, label, spoken }: ShaftProps) {
  const value = Math.min(1, Math.max(0, fraction));
  return (
    <div
      class={value === 1 ? "shaft complete" : "shaft"}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.floor(value * 10) * 10}
      aria-valuetext={spoken}
      style={{ "--fraction": String(value) }}
    >
      <span class="track" />
      <span class="done" />
    </div>
  );
}
