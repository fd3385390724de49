import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Release } from "@halfshaft/ota-format";
import { profileNamed } from "@halfshaft/vehicle-net/ecu";
import { readCapture } from "./capture.ts";
import type { Children } from "./children.ts";
import { CloudClient } from "./cloud-client.ts";
import { DEMO_ECUS, type DemoEcu, GATEWAY_ID, NEW_VERSION, OLD_VERSION } from "./fleet.ts";
import type { Folders } from "./folders.ts";
import { HmiClient } from "./hmi-client.ts";
import { type CloudJob, followJob, until, waitForManifest } from "./job.ts";
import type { DemoOptions } from "./options.ts";
import {
  type LeftOut,
  publishRelease,
  registerHardware,
  registerVehicle,
  startCampaign,
  waitForDeltas,
} from "./prepare.ts";
import { resultTable } from "./result.ts";
import { tamperArtifacts } from "./tamper.ts";
import { savingsText } from "./savings.ts";
import { type Evidence, judge } from "./verdict.ts";

const BITRATE = 500_000;
/** The unit that does not start in `--fault boot-failure`. */
const FAULTY = "body";

interface Running {
  readonly cloud: CloudClient;
  readonly cloudUrl: string;
  readonly mqttUrl: string;
  readonly busUrl: string;
}

/**
 * The whole demonstration: sets everything up, carries the update through and compares the end with what was asked.
 * @param say prints one line of narration.
 * @throws {BenchError} naming what did not go as it should.
 */
export async function runDemo(
  options: DemoOptions,
  folders: Folders,
  children: Children,
  out: NodeJS.WriteStream,
): Promise<{ hmiUrl: string; cloudUrl: string }> {
  const say = (line: string): void => void out.write(`${line}\n`);
  const { signal } = children;
  const running = await startCloudAndBus(options, children, folders, say);
  const { cloud } = running;

  await registerHardware(cloud);
  const { vehicleId, token } = await registerVehicle(cloud);
  const first = await publishRelease(cloud, "old", () => {});
  say("Release 1 is published; it is what the three control units leave the factory with.");
  await startEcus(options, children, folders, running, first);
  const hmi = await startAgent(options, children, folders, running, { vehicleId, token, first });
  await until("the gateway to report what the control units run", { signal }, () =>
    waitForManifest(cloud, vehicleId, OLD_VERSION),
  );

  const second = await publishRelease(cloud, "new", (ecu, leftOut) => say(uploadLine(ecu, leftOut)));
  const deltas = await until("the deltas", { signal }, () => waitForDeltas(cloud, second.releaseId));
  say(`Release 2 is published and signed; ${deltas} deltas and compressed images are ready.`);
  if (options.fault === "tampered-artifact") {
    const spared = new Set(first.images.map(({ sha256 }) => sha256));
    const changed = await tamperArtifacts(join(folders.cloud, "artifacts"), spared);
    say(`All ${changed} files of release 2 are changed after they were signed.`);
  }
  await startCampaign(cloud, second.releaseId, vehicleId);
  say(`The campaign is started. HMI: ${hmi.url}   API: ${running.cloudUrl}/docs`);
  if (options.stay) {
    say(`Approve the update at ${hmi.url}. The API's operator key is in ${operatorKeyFile(folders)}.`);
  }
  say("");

  const job = await followJob({ cloud, hmi, vehicleId, approve: !options.stay, out, signal });
  const evidence = await collectEvidence(job, cloud, children, folders);
  const figures = await readCapture(
    folders.capture,
    BITRATE,
    DEMO_ECUS.map(({ ecuId, profile }) => ({ ecuId, profile: profileNamed(profile) })),
  );
  say("");
  say(resultTable(job, evidence, figures));
  const savings = savingsText(job, imageLengths(second), figures);
  if (savings !== undefined) say(`\n${savings}`);
  judge(options.fault, { ...evidence, requests: figures.requests }, { old: OLD_VERSION, new: NEW_VERSION });
  say("");
  say(endingLine(options, job));
  return { hmiUrl: hmi.url, cloudUrl: running.cloudUrl };
}

const operatorKeyFile = (folders: Folders): string => join(folders.cloud, "operator-key");

async function startCloudAndBus(
  options: DemoOptions,
  children: Children,
  folders: Folders,
  say: (line: string) => void,
): Promise<Running> {
  const cloudReady = await children.start("cloud", "cloud", [
    "run",
    ...flags({
      "--data": folders.cloud,
      "--port": String(options.cloudPort),
      "--mqtt-port": String(options.mqttPort),
      // One person shows the whole way; the audit log says that nobody else approved.
      "--four-eyes": "off",
    }),
  ]);
  const hubReady = await children.start("hub", "agent", [
    "hub",
    ...flags({
      "--port": String(options.hubPort),
      "--bitrate": String(BITRATE),
      "--capture": folders.capture,
    }),
  ]);
  const cloudUrl = String(cloudReady.url);
  const mqttUrl = String(cloudReady.mqttUrl);
  const busUrl = String(hubReady.url);
  const operatorKey = (await readFile(operatorKeyFile(folders), "utf8")).trim();
  say(`Cloud ${cloudUrl}, MQTT ${mqttUrl}, CAN bus ${busUrl} at ${BITRATE / 1000} kbit/s.`);
  return { cloud: new CloudClient(cloudUrl, operatorKey), cloudUrl, mqttUrl, busUrl };
}

/** Makes the control units as they leave the line, and switches them on. */
async function startEcus(
  options: DemoOptions,
  children: Children,
  folders: Folders,
  { cloud, busUrl }: Running,
  release: Release,
): Promise<void> {
  const publicKey = join(folders.base, "descriptor-key.hex");
  await children.run("cloud roots", "cloud", ["roots", "export", folders.base, "--data", folders.cloud]);
  for (const ecu of DEMO_ECUS) {
    const image = release.images.find(
      ({ hardwareId }) => hardwareId === profileNamed(ecu.profile).hardwareId,
    )!;
    const path = `/api/v1/releases/${release.releaseId}/images/${image.imageId}`;
    const imageFile = join(folders.base, `${ecu.profile}-1.bin`);
    const descriptorFile = join(folders.base, `${ecu.profile}-1.descriptor`);
    await writeFile(imageFile, await cloud.getBytes(`${path}/file`));
    await writeFile(descriptorFile, await cloud.getBytes(`${path}/descriptor`));
    await children.run(`provision ${ecu.profile}`, "ecu", [
      "provision",
      ...flags({
        "--profile": ecu.profile,
        "--serial": ecu.ecuId,
        "--state": folders.ecu(ecu),
        "--image": imageFile,
        "--descriptor": descriptorFile,
        "--public-key": publicKey,
      }),
    ]);
    const fault =
      options.fault === "boot-failure" && ecu.profile === FAULTY ? ["--fault", "boot-failure"] : [];
    await children.start(`ecu-${ecu.profile}`, "ecu", [
      "run",
      ...flags({ "--profile": ecu.profile, "--state": folders.ecu(ecu), "--bus": busUrl }),
      ...fault,
    ]);
  }
}

/** Provisions the gateway with the roots, its token and the images that the factory put into the vehicle. */
async function startAgent(
  options: DemoOptions,
  children: Children,
  folders: Folders,
  running: Running,
  vehicle: { vehicleId: string; token: string; first: Release },
): Promise<HmiClient> {
  const tokenFile = join(folders.base, "device-token");
  await writeFile(tokenFile, vehicle.token, { mode: 0o600 });
  await children.run("provision agent", "agent", [
    "provision",
    ...flags({
      "--data": folders.agent,
      "--vehicle-id": vehicle.vehicleId,
      "--token-file": tokenFile,
      "--cloud": running.cloudUrl,
      "--mqtt": running.mqttUrl,
      "--bus": running.busUrl,
      "--director-root": join(folders.base, "director-root.json"),
      "--image-root": join(folders.base, "image-root.json"),
      "--gateway": GATEWAY_ID,
      "--hmi-port": String(options.hmiPort),
      "--delta": options.delta,
    }),
    ...DEMO_ECUS.flatMap((ecu) => ["--ecu", `${ecu.ecuId}=${ecu.profile}`]),
    ...DEMO_ECUS.flatMap((ecu) => ["--image", join(folders.base, `${ecu.profile}-1.bin`)]),
  ]);
  const ready = await children.start("agent", "agent", ["run", "--data", folders.agent]);
  return new HmiClient(String(ready.hmiUrl));
}

async function collectEvidence(
  job: CloudJob,
  cloud: CloudClient,
  children: Children,
  folders: Folders,
): Promise<Omit<Evidence, "requests">> {
  const vehicle = await cloud.get<{ ecus: { ecuId: string; version?: string }[] }>(
    `/api/v1/vehicles/${job.vehicleId}`,
  );
  const ecus = [];
  for (const ecu of DEMO_ECUS) {
    const shown = await children.run(`show ${ecu.profile}`, "ecu", [
      "show",
      "--state",
      folders.ecu(ecu),
      "--json",
    ]);
    const state = JSON.parse(shown) as { activeImageSha256: string };
    const planned = job.ecus.find(({ ecuId }) => ecuId === ecu.ecuId)!;
    ecus.push({
      ecuId: ecu.ecuId,
      recordedVersion: vehicle.ecus.find(({ ecuId }) => ecuId === ecu.ecuId)?.version,
      bankSha256: state.activeImageSha256,
      oldSha256: planned.sha256Before ?? "",
      newSha256: planned.sha256,
    });
  }
  return { outcome: job.status, failureCode: job.failure?.code, ecus };
}

/** Length of the image that each unit is to get, by its serial number. */
const imageLengths = ({ images }: Release): ReadonlyMap<string, number> =>
  new Map(
    DEMO_ECUS.flatMap(({ ecuId, profile }) => {
      const image = images.find(({ hardwareId }) => hardwareId === profileNamed(profile).hardwareId);
      return image === undefined ? [] : [[ecuId, image.length] as const];
    }),
  );

function uploadLine(ecu: DemoEcu, leftOut: readonly LeftOut[]): string {
  const what = `Uploaded ${profileNamed(ecu.profile).title} ${NEW_VERSION}`;
  if (leftOut.length === 0) return `${what}.`;
  const parts = leftOut.map(
    ({ name, address, length }) => `${length} bytes of ${name} at 0x${address.toString(16)}`,
  );
  return `${what}; left out, because the profile does not flash it: ${parts.join(", ")}.`;
}

function endingLine({ fault }: DemoOptions, job: CloudJob): string {
  if (fault === undefined) return "Done: the cloud's record and every active bank agree on release 2.";
  return `Done, as asked: ${job.failure?.code ?? job.status}. ${job.failure?.sentence ?? ""} All units run release 1.`;
}

/** Options of a program as its command line takes them. */
function flags(options: Readonly<Record<string, string>>): string[] {
  return Object.entries(options).flat();
}
