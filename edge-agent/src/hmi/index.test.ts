import { afterEach, expect, test } from "vitest";
import { FakeGateway } from "./fake-gateway.ts";
import { fixtures } from "./fixtures.ts";
import { type Hmi, startHmi } from "./index.ts";

const running: Hmi[] = [];
afterEach(async () => {
  for (const hmi of running.splice(0)) await hmi.close();
});

async function start(port = 0, gateway = new FakeGateway(fixtures.offer)): Promise<Hmi> {
  const hmi = await startHmi({ controls: gateway, host: "127.0.0.1", port });
  running.push(hmi);
  return hmi;
}

test("E11 port 0 takes a free port and says where the page is", async () => {
  const { url } = await start();
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect((await fetch(`${url}/api/hmi/state`)).status).toBe(200);
});

test("E11 a taken port is said so, with what to do", async () => {
  const { url } = await start();
  const port = Number(new URL(url).port);
  await expect(start(port)).rejects.toMatchObject({
    code: "PORT_TAKEN",
    message: `The HMI cannot listen on 127.0.0.1:${port}: another program uses the port.`,
    help: expect.stringContaining("another port"),
  });
});

test("E11 an address that this machine does not have is said so", async () => {
  const options = { controls: new FakeGateway(fixtures.offer), host: "192.0.2.1", port: 0 };
  await expect(startHmi(options)).rejects.toMatchObject({ code: "HOST_UNKNOWN" });
});

test("E11 the stream carries the state and each change, and closing the HMI ends it", async () => {
  const gateway = new FakeGateway(fixtures.offer);
  const hmi = await start(0, gateway);
  const response = await fetch(`${hmi.url}/api/hmi/stream`, { headers: { accept: "text/event-stream" } });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const until = async (word: string) => {
    while (!text.includes(word)) {
      const { value, done } = await reader.read();
      if (done) break;
      text += value;
    }
  };
  await until('"stage":"consent"');
  gateway.publish(fixtures.progress);
  await until('"stage":"flash"');
  expect(text).toContain("event: state\n");
  const ended = reader.read().catch(() => ({ done: true }));
  await hmi.close();
  expect((await ended).done).toBe(true);
  expect(gateway.listenerCount).toBe(0);
});
