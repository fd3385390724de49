import type { VehicleState } from "../../gateway-state.ts";

export type Theme = "light" | "dark";

/** `?theme=` first, then the vehicle's light signal, then the system's wish. The clock never decides. */
export function themeOf(search: string, night: VehicleState["night"], systemDark: boolean): Theme {
  const wished = new URLSearchParams(search).get("theme");
  if (wished === "light" || wished === "dark") return wished;
  return (night ?? systemDark) ? "dark" : "light";
}
