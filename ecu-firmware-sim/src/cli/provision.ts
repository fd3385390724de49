import { readFileSync } from "node:fs";
import { findProfile } from "@halfshaft/vehicle-net/ecu";
import { describeState } from "../ecu-state.ts";
import { fileStorage } from "../file-storage.ts";
import { provisionEcu } from "../provision.ts";
import { CliError } from "./cli-error.ts";
import { readOptions, required } from "./options.ts";
import { readPublicKey } from "./public-key.ts";

/** Makes an ECU in a folder: its image committed in bank A, after the checks that an update has to pass. */
export async function run(args: readonly string[]): Promise<void> {
  const options = readOptions(args, {
    profile: { type: "string" },
    serial: { type: "string" },
    state: { type: "string" },
    image: { type: "string" },
    descriptor: { type: "string" },
    "public-key": { type: "string" },
    force: { type: "boolean" },
  });
  const keyPath = required(options["public-key"], "public-key");
  const profile = await findProfile(required(options.profile, "profile"));
  const storage = fileStorage(required(options.state, "state"));
  try {
    provisionEcu({
      storage,
      profile,
      serial: required(options.serial, "serial"),
      image: readFile(required(options.image, "image")),
      signedDescriptor: readFile(required(options.descriptor, "descriptor")),
      publicKey: readPublicKey(readFile(keyPath), keyPath),
      force: options.force,
    });
    const { serial, version } = describeState(storage);
    console.log(
      `${serial}: profile ${profile.name}, version ${version} committed in bank A, kept in ${options.state}`,
    );
  } finally {
    storage.close();
  }
}

function readFile(path: string): Uint8Array {
  try {
    return new Uint8Array(readFileSync(path));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CliError("unreadable-file", `${path} cannot be read: ${reason}`, "Check the path.", { cause });
  }
}
