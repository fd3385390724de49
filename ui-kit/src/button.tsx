import type { ComponentChildren } from "preact";

interface ButtonProps {
  readonly kind: "primary" | "secondary" | "quiet" | "danger";
  readonly onPress: () => void;
  readonly disabled?: boolean;
  /** The answer is awaited: the button stays where it is and cannot be pressed twice. */
  readonly busy?: boolean;
  /** Id of the element that says why the button is inactive. */
  readonly reasonId?: string;
  readonly children: ComponentChildren;
}

/** A button whose label is a verb. At most one per screen is `primary` or `danger`. */
export function Button({ kind, onPress, disabled, busy, reasonId, children }: ButtonProps) {
  return (
    <button
      type="button"
      class={`button ${kind}`}
      disabled={disabled || busy}
      aria-busy={busy}
      aria-describedby={disabled ? reasonId : undefined}
      onClick={onPress}
    >
      {children}
    </button>
  );
}
