import { Icon } from "@halfshaft/ui-kit";
import type { Fact } from "../../view/model.ts";
import { keepTogether } from "../keep-together.ts";

/** At most three facts: the value, and what it means. */
export function Facts({ facts }: { facts: readonly Fact[] }) {
  return (
    <ul class="facts">
      {facts.map(({ icon, value, meaning }) => (
        <li key={value}>
          <Icon name={icon} />
          <div>
            <b>{keepTogether(value)}</b>
            <small>{keepTogether(meaning)}</small>
          </div>
        </li>
      ))}
    </ul>
  );
}
