import { type CanBus, CanError } from "@halfshaft/vehicle-net/can";
import { VirtualClock } from "@halfshaft/vehicle-net/clock";
import { profileNamed } from "@halfshaft/vehicle-net/ecu";
import { expect, test } from "vitest";
import { InstallerError } from "../installer/installer-error.ts";
import { UnknownEcu, VehicleBus } from "./ecu-access.ts";

const profile = profileNamed("engine");
const ecus = ["E1", "E2"].map((ecuId) => ({ ecuId, name: ecuId, hardwareId: profile.hardwareId, profile }));

/** A vehicle bus whose drivers note that they are opened and closed. */
function vehicleBus(open: (attempt: number) => void = () => {}) {
  const log: string[] = [];
  let attempts = 0;
  const driver = (): CanBus => ({
    capabilities: { fd: false },
    send: async () => 0,
    subscribe: () => () => {},
    close: async () => void log.push("close"),
  });
  const bus = new VehicleBus({
    url: "hub://test",
    bitrate: 500_000,
    open: async () => {
      attempts += 1;
      log.push("open");
      open(attempts);
      return driver();
    },
    clock: new VirtualClock(),
    ecus,
    now: () => 0,
  });
  return { bus, log };
}

test("E7 one ECU has one conversation at a time, several ECUs talk side by side", async () => {
  const { bus, log } = vehicleBus();
  const first = Promise.withResolvers<void>();
  const talk = (ecuId: string, name: string, until?: Promise<void>): Promise<void> =>
    bus.use(ecuId, async () => {
      log.push(`${name} begins`);
      await until;
      log.push(`${name} ends`);
    });
  const talks = [talk("E1", "E1 first", first.promise), talk("E1", "E1 second"), talk("E2", "E2")];
  await talks[2];
  expect(log).toEqual(["open", "E1 first begins", "E2 begins", "E2 ends"]);
  first.resolve();
  await Promise.all(talks);
  expect(log.slice(4)).toEqual(["E1 first ends", "E1 second begins", "E1 second ends"]);
});

test("E7 a conversation that fails does not keep the next one out", async () => {
  const { bus } = vehicleBus();
  const failing = bus.use("E1", () => Promise.reject(new RangeError("no")));
  await expect(failing).rejects.toThrow("no");
  expect(await bus.use("E1", async () => "yes")).toBe("yes");
});

test("E7 a bus that could not be opened is tried again the next time", async () => {
  const { bus, log } = vehicleBus((attempt) => {
    if (attempt === 1) throw new CanError("cannot-open", "nobody is there");
  });
  await expect(bus.use("E1", async () => 1)).rejects.toThrow("nobody is there");
  expect(await bus.use("E1", async () => 1)).toBe(1);
  expect(log).toEqual(["open", "open"]);
});

test("E7 a bus that was lost is opened anew", async () => {
  const { bus, log } = vehicleBus();
  const lost = new InstallerError(
    "no-answer",
    "gone",
    {},
    { cause: new CanError("lost-connection", "hung up") },
  );
  await expect(bus.use("E1", () => Promise.reject(lost))).rejects.toThrow("gone");
  await bus.use("E1", async () => 1);
  expect(log).toEqual(["open", "close", "open"]);
});

test("E7 an ECU that the vehicle does not have is refused by name", async () => {
  const { bus } = vehicleBus();
  await expect(bus.use("E9", async () => 1)).rejects.toThrow(UnknownEcu);
});
