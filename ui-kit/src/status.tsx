import { Icon } from "./icons.tsx";
import { STATUS, type StatusName } from "./status-map.ts";

interface StatusProps {
  readonly name: StatusName;
  /** Says it more exactly ("Flash, step 6 of 9"); without it the word of the map stands. */
  readonly word?: string;
  readonly id?: string;
}

/** Tone, icon and word in one: a colour without a word cannot be written. */
export function Status({ name, word, id }: StatusProps) {
  const { tone, icon, word: usual } = STATUS[name];
  return (
    <span id={id} class={`status tone-${tone}`}>
      <Icon name={icon} />
      <span>{word || usual}</span>
    </span>
  );
}
