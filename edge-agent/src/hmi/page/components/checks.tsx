import { Status } from "@halfshaft/ui-kit";
import type { Check } from "../../view/model.ts";
import { keepTogether } from "../keep-together.ts";

/** The conditions of the safety policy, each met or missing. */
export function Checks({ checks }: { checks: readonly Check[] }) {
  return (
    <ul class="checks">
      {checks.map(({ met, word }) => (
        <li key={word}>
          <Status name={met ? "met" : "missing"} word={keepTogether(word)} />
        </li>
      ))}
    </ul>
  );
}
