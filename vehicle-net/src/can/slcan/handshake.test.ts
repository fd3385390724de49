import { expect, test } from "vitest";
import { VirtualClock } from "../../clock/virtual-clock.ts";
import { ScriptedPort } from "./scripted-port.ts";
import { openSlcan } from "./slcan.ts";

const BELL = "\u0007";
const CANABLE_2 = "b158aa7 github.com/normaldotcom/canable2.git\r";
const CANABLE_25 = "+Board: MksMakerbase\tMCU: STM32G431\tSlcan: 104\r";

/** Answers by command; what is not in the table gets `otherwise`. */
async function open(answers: Record<string, string>, otherwise: string, parameters: string) {
  const clock = new VirtualClock();
  const port = new ScriptedPort(clock, (line) => answers[line] ?? otherwise);
  const notices: string[] = [];
  const opening = openSlcan(`slcan:port?${parameters}`, clock, {
    openPort: async () => port,
    onNotice: (sentence) => notices.push(sentence),
  });
  const [outcome] = await clock.run(Promise.allSettled([opening]));
  return { clock, port, outcome, notices };
}

const LAWICEL = { V: "V1013\r", v: BELL, X1: BELL };

test("V1 a LAWICEL adapter is closed, asked, set and opened", async () => {
  const { port, outcome } = await open(LAWICEL, "\r", "bitrate=500k");
  expect(outcome.status).toBe("fulfilled");
  expect(port.heard).toEqual(["C", "V", "v", "X1", "S6", "O"]);
});

test("V1 a stock CANable answers nothing but its version, and is opened without waiting", async () => {
  const { port, outcome, clock } = await open({ V: CANABLE_2 }, "", "bitrate=500k&data=2M");
  expect(outcome).toMatchObject({ value: { capabilities: { fd: true, dataBitrate: 2_000_000 } } });
  expect(port.heard).toEqual(["C", "V", "S6", "Y2", "M0", "O"]);
  expect(clock.now()).toBeLessThan(100);
});

test("V1 no adapter is ever sent an empty line: stock CANables would send their last frame again", async () => {
  const { port } = await open({ V: CANABLE_2 }, "", "bitrate=500k");
  expect(port.heard).not.toContain("");
});

test("V1 a CANable 2.5 is asked for answers, errors and transmit echoes", async () => {
  const { port, outcome } = await open({ C: "", V: CANABLE_25 }, "#\r", "bitrate=500k&data=8M");
  expect(outcome).toMatchObject({ value: { dialect: { departure: "echoed" } } });
  expect(port.heard).toEqual(["C", "V", "MFEM", "S6", "Y8", "M0", "O"]);
});

test("V1 a CANable 2.5 that keeps silent all the same is paced like a CANable 2", async () => {
  const { outcome } = await open({ V: CANABLE_25 }, "", "bitrate=800k");
  expect(outcome).toMatchObject({ value: { dialect: { departure: "computed", name: "canable2.5" } } });
});

test("V1 the first question may be lost", async () => {
  let asked = 0;
  const clock = new VirtualClock();
  const port = new ScriptedPort(clock, (line) => (line === "V" && ++asked === 2 ? CANABLE_2 : ""));
  const bus = await clock.run(openSlcan("slcan:port?bitrate=500k", clock, { openPort: async () => port }));
  expect(bus.dialect?.name).toBe("canable2");
});

test("V1 frames still on their way from an earlier session are no answers", async () => {
  const { outcome } = await open({ V: `t7E8302\rb7E01AA\r${CANABLE_2}` }, "", "bitrate=500k");
  expect(outcome).toMatchObject({ value: { dialect: { name: "canable2" } } });
});

test("V1 a silent port says that nothing answers there like an adapter", async () => {
  const { outcome } = await open({}, "", "bitrate=500k");
  expect(outcome).toMatchObject({
    reason: { code: "cannot-open", message: expect.stringContaining("port") },
  });
});

test("V1 a dialect that is given opens an adapter without a version", async () => {
  const { port, outcome } = await open({}, "\r", "bitrate=500k&dialect=usbtin");
  expect(outcome.status).toBe("fulfilled");
  expect(port.heard.slice(-2)).toEqual(["S6", "O"]);
});

test.each([
  [LAWICEL, "\r", "bitrate=750k", "no bit rate of 750000"],
  [{ V: CANABLE_2 }, "", "bitrate=800k", "no bit rate of 800000"],
  [{ V: CANABLE_2 }, "", "bitrate=500k&data=8M", "no data bit rate of 8000000"],
  [{ V: CANABLE_2 }, "", "bitrate=500k&timing=031C", "no bit timing registers of a CANable 2"],
  [LAWICEL, "\r", "bitrate=500k&timing=4,69,10,7", "no bit timing registers of a LAWICEL"],
  [LAWICEL, BELL, "bitrate=500k", "refuses the command S6"],
])("V1 %j with %j and %s: %s", async (answers, otherwise, parameters, sentence) => {
  const { outcome, port } = await open(answers, otherwise, parameters);
  expect(outcome).toMatchObject({
    reason: { code: "cannot-open", message: expect.stringContaining(sentence), help: expect.any(String) },
  });
  expect(port.heard).not.toContain("O");
});

test.each([
  [{ V: "da5f3ee github.com/normaldotcom/canable-fw.git\r" }, ""],
  [{ ...LAWICEL, Y2: BELL }, "\r"],
])("V1 an adapter without CAN FD says so before it is opened", async (answers, otherwise) => {
  const { outcome, port } = await open(answers, otherwise, "bitrate=500k&data=2M");
  expect(outcome).toMatchObject({ reason: { code: "frame-not-supported" } });
  expect(port.heard).not.toContain("O");
});

test.each([
  [LAWICEL, "\r", "031C", "s031C"],
  [{ V: "V0101\r", v: "v0108\r" }, "\r", "00BA07", "s00BA07"],
  [{ V: CANABLE_25 }, "#\r", "4,69,10,7", "s4,69,10,7"],
])("V1 bit timing registers go out as they are: %j %j %s", async (answers, otherwise, timing, command) => {
  const { port } = await open(answers, otherwise, `bitrate=500k&timing=${timing}`);
  expect(port.heard).toContain(command);
  expect(port.heard).not.toContain("S6");
});

test.each([
  [LAWICEL, "\r", ["L"]],
  [{ V: CANABLE_2 }, "", ["M1", "O"]],
])("V1 to listen only, M1 goes to a CANable and L to the others: %j", async (answers, otherwise, last) => {
  const { port, outcome } = await open(answers, otherwise, "bitrate=500k&listen");
  expect(port.heard.slice(-last.length)).toEqual(last);
  if (outcome.status !== "fulfilled") expect.unreachable();
  else {
    const sent = outcome.value.send({ id: 1, data: new Uint8Array(1) });
    await expect(sent).rejects.toMatchObject({ code: "frame-not-supported" });
  }
});

test("V1 a UART slower than the bus is told, with what it carries", async () => {
  const { notices } = await open(LAWICEL, "\r", "bitrate=500k&uart=115200");
  expect(notices).toEqual([
    expect.stringMatching(
      /UART of 115200 baud: it carries 523 frames a second \(3\.7 kB\/s\), this bus \d{4}/u,
    ),
  ]);
});

test("V1 a UART as fast as a slow bus is not worth a word", async () => {
  expect((await open(LAWICEL, "\r", "bitrate=10k&uart=115200")).notices).toEqual([]);
});
