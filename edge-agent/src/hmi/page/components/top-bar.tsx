import { Icon, Logo } from "@halfshaft/ui-kit";
import type { GatewayState } from "../../../gateway-state.ts";
import type { Texts } from "../../texts.en.ts";
import { clockTime, fill } from "../../view/format.ts";

interface TopBarProps {
  readonly state: GatewayState | undefined;
  readonly silent: boolean;
  readonly now: number;
  readonly texts: Texts;
}

/** Whose page this is, and the vehicle at a glance: gear, supply, connection, time. */
export function TopBar({ state, silent, now, texts }: TopBarProps) {
  const { top } = texts;
  const { gear, batteryVolts } = state?.vehicle ?? {};
  const online = state?.cloud === "online" && !silent;
  return (
    <header class="top">
      <span class="brand">
        <Logo />
        {texts.title}
      </span>
      {gear && (
        <span class="gear roomy">
          <span class="spoken">{top.gear} </span>
          {gear}
        </span>
      )}
      {batteryVolts !== undefined && !silent && (
        <span>
          <Icon name="battery" />
          <span class="spoken">{top.supply} </span>
          <span class="figures">{fill(top.volts, { volts: batteryVolts.toFixed(1) })}</span>
        </span>
      )}
      {state && (
        <span>
          <Icon name={online ? "signal" : "offline"} />
          {silent ? top.noGateway : online ? top.online : top.offline}
        </span>
      )}
      <time class="figures roomy">{clockTime(now, { texts })}</time>
    </header>
  );
}
