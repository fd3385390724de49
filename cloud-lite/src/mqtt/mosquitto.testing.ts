import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectAsync } from "mqtt";
import { freePort } from "../free-port.ts";

export interface TestMosquitto {
  /** `127.0.0.1:<port>` */
  readonly host: string;
  stop(): Promise<void>;
}

const PROGRAM = ["/usr/sbin/mosquitto", "/usr/bin/mosquitto"].find((path) => existsSync(path));
export const hasMosquitto = PROGRAM !== undefined;

/** Every user's password. */
export const PASSWORD = "for this test";
const USERS = ["halfshaft-cloud", "car", "bus"];

/** What docs/outgrown.md tells the operator to write. */
const ACL = `user halfshaft-cloud
topic read halfshaft/v1/vehicles/+/presence
topic read halfshaft/v1/vehicles/+/events
topic write halfshaft/v1/vehicles/+/wake-up

pattern write halfshaft/v1/vehicles/%u/presence
pattern write halfshaft/v1/vehicles/%u/events
pattern read halfshaft/v1/vehicles/%u/wake-up
`;

const ATTEMPTS = 100;
const POLL_MS = 50;

/** Debian's broker in a temporary folder, on a free port of the loopback. Root's becomes the user mosquitto by itself. */
export async function startMosquitto(port?: number): Promise<TestMosquitto> {
  const folder = await mkdtemp(join(tmpdir(), "halfshaft-mosquitto-"));
  await chmod(folder, 0o755);
  const [passwords, acl, config] = ["passwords", "acl", "config"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  await writeFile(passwords, "");
  for (const user of USERS) execFileSync("mosquitto_passwd", ["-b", passwords, user, PASSWORD]);
  await chmod(passwords, 0o644);
  await writeFile(acl, ACL);
  const chosen = port ?? (await freePort());
  await writeFile(
    config,
    `listener ${chosen} 127.0.0.1\nallow_anonymous false\npassword_file ${passwords}\nacl_file ${acl}\n`,
  );
  const server = spawn(PROGRAM!, ["-c", config], { stdio: "ignore" });
  const host = `127.0.0.1:${chosen}`;
  await answering(host);
  return {
    host,
    async stop() {
      server.kill();
      if (server.exitCode === null) await once(server, "exit");
      await rm(folder, { recursive: true });
    },
  };
}

async function answering(host: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const options = { username: "bus", password: PASSWORD, reconnectPeriod: 0 };
      await (await connectAsync(`mqtt://${host}`, options, false)).endAsync();
      return;
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
      await new Promise((resolve) => {
        setTimeout(resolve, POLL_MS);
      });
    }
  }
}
