import { Status, STATUS } from "@halfshaft/ui-kit";
import type { UnitView } from "../../view/model.ts";
import { keepTogether } from "../keep-together.ts";
import { BEND_X, BOX, type Joint, LINE_END_X, MOST_UNITS, placeUnits } from "../unit-map-layout.ts";
import { Vehicle } from "./vehicle.tsx";

interface UnitMapProps {
  readonly units: readonly UnitView[];
  readonly label: string;
}

/** The vehicle with its control units. The drawing is a picture only: the list beside it is what is read. */
export function UnitMap({ units, label }: UnitMapProps) {
  const drawn = units.length <= MOST_UNITS;
  const joints = placeUnits(units.length);
  return (
    <figure class={drawn ? "units" : "units listed"} aria-label={label}>
      {drawn && (
        <svg class="drawing" viewBox={`0 0 ${BOX.width} ${BOX.height}`} fill="none" aria-hidden="true">
          <Vehicle />
          {units.map((unit, at) => {
            const joint = joints[at];
            return joint && <Leader key={unit.ecuId} status={unit.status} joint={joint} />;
          })}
        </svg>
      )}
      <ul>
        {units.map(({ ecuId, name, status, word }, at) => (
          <li key={ecuId} style={drawn ? { "--label-y": String(joints[at]?.labelY) } : undefined}>
            <b>{name}</b>
            <Status name={status} word={keepTogether(word)} />
          </li>
        ))}
      </ul>
    </figure>
  );
}

/** A joint in the vehicle and the line to its label, in the tone of the label's status. */
function Leader({ status, joint }: { status: UnitView["status"]; joint: Joint }) {
  const { tone } = STATUS[status];
  const { x, y, labelY } = joint;
  return (
    <g class={`leader tone-${tone}`}>
      <path d={`M${x} ${y}L${BEND_X} ${labelY}H${LINE_END_X}`} />
      <circle class="joint" cx={x} cy={y} r="15" />
      <circle class="core" cx={x} cy={y} r="7" />
    </g>
  );
}
