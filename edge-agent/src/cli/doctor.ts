import type { CanBus } from "@halfshaft/vehicle-net/can";
import { realClock } from "@halfshaft/vehicle-net/clock";
import {
  type BusObservation,
  diagnose,
  type Diagnosis,
  examineBus,
  type InterfaceObservation,
  listInterfaces,
  listPorts,
  openExamined,
  type PortObservation,
} from "@halfshaft/vehicle-net/doctor";
import { BUS_HELP, BUS_OPTIONS, profileOf, withBus } from "./bench-options.ts";
import { optionInvalid, readOptions, type Verb } from "./options.ts";
import { Output } from "./output.ts";

const HELP = `usage: agent doctor [--bus URL] [options]

Lists CAN interfaces and serial adapters. With --bus: opens it, listens for a second, sends harmless frames (3E 80 to
all), measures, and says what is wrong and what to do.

${BUS_HELP}
  --ecu-profile NAME  an ECU on this bus, whose time to answer is measured
  --witness URL       a second adapter on the same bus: counts what arrives of a burst of 200 frames
  --fd                try CAN FD frames too; only where every node on the bus has CAN FD

Exit status: 0 nothing is wrong, 1 something is, 2 a wrong option.`;

export const doctor: Verb = async (args) => {
  const options = readOptions("doctor", args, {
    ...BUS_OPTIONS,
    "ecu-profile": { type: "string" },
    witness: { type: "string" },
    fd: { type: "boolean", default: false },
  });
  if (options.help === true) {
    console.log(HELP);
    return 0;
  }
  if (options.bus === undefined && (options.witness ?? options["ecu-profile"]) !== undefined) {
    throw optionInvalid("doctor", "--witness and --ecu-profile need --bus.");
  }
  const output = new Output(process.stdout, options.json);
  const interfaces = await listInterfaces();
  const ports = await listPorts();
  for (const each of interfaces) output.tell({ interface: each }, describeInterface(each));
  for (const each of ports) output.tell({ port: each }, describePort(each));
  if (interfaces.length + ports.length === 0) output.say("No CAN interface and no serial adapter is here.");
  const bus = options.bus === undefined ? undefined : await observe(options.bus, options, output);
  const diagnoses = diagnose({ interfaces: await listInterfaces(), ports, bus });
  for (const each of diagnoses) output.tell({ diagnosis: each }, describeDiagnosis(each));
  const faults = diagnoses.filter(({ kind }) => kind === "fault").length;
  output.tell({ faults }, faults === 0 ? "Nothing is wrong." : `\n${faults} found.`);
  return faults === 0 ? 0 : 1;
};

async function observe(
  url: string,
  options: { readonly "ecu-profile"?: string; readonly witness?: string; readonly fd: boolean },
  output: Output,
): Promise<BusObservation> {
  const profileName = options["ecu-profile"];
  const profile = profileName === undefined ? undefined : await profileOf(profileName);
  const ecu = profile && { ...profile.addressing, p2Ms: profile.timing.p2Ms };
  const onNotice = (sentence: string): void => console.error(sentence);
  const opened = await openExamined(url, { clock: realClock, onNotice });
  if (!("send" in opened)) return opened;
  try {
    output.say(`${url} is open; listening, then trying it.`);
    const examine = (witness?: CanBus): Promise<BusObservation> =>
      examineBus(opened, realClock, { url, fd: options.fd, ecu, witness });
    const { witness } = options;
    const observed = witness === undefined ? await examine() : await withBus("doctor", witness, examine);
    output.tell({ bus: observed }, describeBus(observed));
    return observed;
  } finally {
    await opened.close();
  }
}

function describeInterface(each: InterfaceObservation): string {
  const { name, kind, up, fd, bitrate, dataBitrate, state } = each;
  const rates = [bitrate, dataBitrate].filter((rate) => rate !== undefined).map((rate) => `${rate / 1000}k`);
  const facts = [kind, up ? "up" : "down", fd ? "CAN FD" : "classic", rates.join("/"), state ?? ""];
  return `${name.padEnd(16)} ${facts.filter(Boolean).join(", ")}`;
}

function describePort({ path, product, serialNumber, stablePath }: PortObservation): string {
  const facts = [product ?? "serial port", serialNumber ?? "", stablePath ?? ""].filter(Boolean);
  return `${path.padEnd(16)} ${facts.join(", ")}`;
}

function describeBus({ heardFrames = 0, classic, fd, burst, latency }: BusObservation): string {
  const probes = [classic, fd].filter((probe) => probe !== undefined);
  const sent = probes.map(({ sent, departed }) => `${departed} of ${sent} left`);
  const passed = burst === undefined ? [] : [`${burst.heard} of a burst of ${burst.sent} arrived`];
  const answer =
    latency?.answerMs === undefined ? [] : [`the ECU answers within ${latency.answerMs.toFixed(1)} ms`];
  return [`heard ${heardFrames} frames`, ...sent, ...passed, ...answer].join("; ");
}

const describeDiagnosis = ({ code, kind, sentence, help }: Diagnosis): string =>
  `\n${kind === "fault" ? "✗" : "·"} ${code}: ${sentence}\n  ${help}`;
