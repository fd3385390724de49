export { Button } from "./button.tsx";
export { Icon, Logo, type IconName } from "./icons.tsx";
export { Rail } from "./rail.tsx";
export { Shaft } from "./shaft.tsx";
export { STATUS, type StatusName, type Tone } from "./status-map.ts";
export { Status } from "./status.tsx";
