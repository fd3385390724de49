import { expect, test } from "vitest";
import { frameTimeMs } from "../can/bit-timing.ts";
import { VirtualBus } from "../can/virtual-bus.ts";
import { VirtualClock } from "../clock/virtual-clock.ts";
import { openFunctionalChannel, openIsoTpChannel } from "../isotp/channel.ts";
import { UdsClient } from "../uds/client.ts";
import { handle } from "../uds/handler.ts";
import { UdsServer } from "../uds/server.ts";
import { DiagnosticSessionControl } from "../uds/services/session-control.ts";
import { RequestDownload, RequestTransferExit, TransferData } from "../uds/services/transfer.ts";
import { ecuChannel, functionalChannel, gatewayChannel } from "./addressing.ts";
import type { EcuProfile } from "./profile.ts";
import { profiles } from "./table.ts";
import { clientTiming, serverTiming } from "./timing.ts";

const BITRATE = 500_000;
const IMAGE_BYTES = 64_768;

/** An ECU of this profile on the bus; what it gets collects in `received`. */
function attachEcu(
  bus: VirtualBus,
  clock: VirtualClock,
  profile: EcuProfile,
): { received: number[]; server: UdsServer } {
  const received: number[] = [];
  const node = bus.attach(profile.name);
  const server = new UdsServer({
    transport: openIsoTpChannel(node, clock, ecuChannel(profile)),
    functionalTransport: openFunctionalChannel(node, clock, functionalChannel(profile)),
    clock,
    timing: serverTiming(profile),
    handlers: [
      handle(RequestDownload, {}, () => ({ maxBlockBytes: profile.transfer.maxBlockBytes })),
      handle(TransferData, {}, ({ counter, data }) => {
        for (const byte of data) received.push(byte);
        return { counter };
      }),
      handle(RequestTransferExit, {}, () => ({})),
    ],
  });
  return { received, server };
}

async function download(client: UdsClient, image: Uint8Array): Promise<void> {
  const memory = { address: 0, length: image.length };
  const { maxBlockBytes } = await client.request(RequestDownload, { dataFormat: 0, memory });
  const step = maxBlockBytes - 2;
  for (let offset = 0, counter = 1; offset < image.length; offset += step, counter = (counter + 1) & 0xff) {
    await client.request(TransferData, { counter, data: image.subarray(offset, offset + step) });
  }
  await client.request(RequestTransferExit, {});
}

/** Time on the wire of consecutive frames that carry `image`, seven bytes each, and of nothing else. */
function idealMs(image: Uint8Array): number {
  let totalMs = 0;
  for (let offset = 0, sn = 1; offset < image.length; offset += 7, sn = (sn + 1) & 0xf) {
    const data = Uint8Array.from([0x20 | sn, ...image.subarray(offset, offset + 7)]);
    totalMs += frameTimeMs({ id: 0x708, data }, { bitrate: BITRATE });
  }
  return totalMs;
}

const pseudoRandom = (length: number): Uint8Array => {
  let state = 1;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state >>> 24;
  });
};

test("V4 one functional request reaches the ECUs of all profiles, and each answers with its own identifier", async () => {
  const clock = new VirtualClock();
  const bus = new VirtualBus({ clock, bitrate: BITRATE });
  const gateway = bus.attach("gateway");
  for (const profile of profiles) attachEcu(bus, clock, profile);
  const [engine] = profiles;
  const client = new UdsClient({
    transport: openIsoTpChannel(gateway, clock, gatewayChannel(engine!)),
    functional: openFunctionalChannel(gateway, clock, functionalChannel(engine!)),
    clock,
    timing: clientTiming(engine!),
  });
  const ids: number[] = [];
  bus.onFrame(({ id }) => ids.push(id));
  await clock.run(client.request(DiagnosticSessionControl, { session: 3 }, { functional: true }));
  client.close();
  await clock.advance(10);
  expect(ids).toEqual([0x7df, 0x700, 0x701, 0x702]);
});

test("V3 blocks of 4095 bytes use the bus to more than 98 % of what consecutive frames could", async () => {
  const clock = new VirtualClock();
  const bus = new VirtualBus({ clock, bitrate: BITRATE });
  const [engine] = profiles;
  const { received } = attachEcu(bus, clock, engine!);
  const transport = openIsoTpChannel(bus.attach("gateway"), clock, gatewayChannel(engine!));
  const client = new UdsClient({ transport, clock, timing: clientTiming(engine!) });
  const image = pseudoRandom(IMAGE_BYTES);
  await clock.run(download(client, image));
  expect(Uint8Array.from(received)).toEqual(image);
  expect(idealMs(image) / clock.now()).toBeGreaterThan(0.98);
});

test("V3 three ECUs side by side on a gapless bus all get their blocks, and none runs into P2", async () => {
  const clock = new VirtualClock();
  const bus = new VirtualBus({ clock, bitrate: BITRATE });
  const gateway = bus.attach("gateway");
  const image = pseudoRandom(16_384);
  const done = profiles.map(async (profile) => {
    const { received } = attachEcu(bus, clock, profile);
    const transport = openIsoTpChannel(gateway, clock, gatewayChannel(profile));
    await download(new UdsClient({ transport, clock, timing: clientTiming(profile) }), image);
    return Uint8Array.from(received);
  });
  for (const received of await clock.run(Promise.all(done))) expect(received).toEqual(image);
});
