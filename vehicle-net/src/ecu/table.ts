import type { EcuProfile } from "./profile.ts";
import { ProfileError } from "./profile-error.ts";
import { adas } from "./profiles/adas.ts";
import { body } from "./profiles/body.ts";
import { engine } from "./profiles/engine.ts";

/** Profiles that come with the project. A new ECU is its file and its entry here. */
export const profiles: readonly EcuProfile[] = [engine, adas, body];

/** @throws {ProfileError} `unknown-profile`, naming those that are known. */
export function profileNamed(name: string): EcuProfile {
  const profile = profiles.find((profile) => profile.name === name);
  if (profile === undefined) {
    const known = profiles.map((profile) => profile.name).join(", ");
    throw new ProfileError("unknown-profile", "", `there is none of the name "${name}"; known are ${known}`);
  }
  return profile;
}
