import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { connect, createServer, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DEFAULTS, type CloudConfig } from "./config.ts";
import { initialiseFolder, operatorKeyFile } from "./data-folder.ts";
import { startCloud } from "./server.ts";

let folder: string;
let config: CloudConfig;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "halfshaft-server-"));
  config = { ...DEFAULTS, data: join(folder, "data"), port: 0, mqttPort: 0, logLevel: "silent" };
});
afterEach(() => rm(folder, { recursive: true }));

async function occupied(): Promise<{ server: Server; port: number }> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return { server, port: (server.address() as AddressInfo).port };
}

test("A12 a cloud starts from its folder alone, and its operator key opens it", async () => {
  await initialiseFolder(config, Date.now);
  const cloud = await startCloud(config);
  const key = (await readFile(operatorKeyFile(config.data), "utf8")).trim();
  const answer = await fetch(`${cloud.url}/api/v1/vehicles`, { headers: { authorization: `Bearer ${key}` } });
  expect(answer.status).toBe(200);
  expect(cloud.mqttUrl).toMatch(/^mqtt:\/\/127\.0\.0\.1:\d+$/);
  await cloud.close();
});

test("A12 what was written is there after a restart", async () => {
  await initialiseFolder(config, Date.now);
  const key = (await readFile(operatorKeyFile(config.data), "utf8")).trim();
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const first = await startCloud(config);
  const body = JSON.stringify({ vehicleId: "car", ecus: [] });
  await fetch(`${first.url}/api/v1/vehicles`, { method: "POST", headers, body });
  const root = await fetch(`${first.url}/repo/image/metadata/1.root.json`, { headers }).then((r) => r.text());
  await first.close();
  const second = await startCloud(config);
  expect((await fetch(`${second.url}/api/v1/vehicles/car`, { headers })).status).toBe(200);
  const again = await fetch(`${second.url}/repo/image/metadata/1.root.json`, { headers });
  expect(await again.text()).toBe(root);
  await second.close();
});

test("A12 a cloud is the same one after its operator key was put in a safe place", async () => {
  await initialiseFolder(config, Date.now);
  await rm(operatorKeyFile(config.data));
  await expect(initialiseFolder(config, Date.now)).rejects.toMatchObject({
    code: "CLOUD_ALREADY_INITIALISED",
  });
  await (await startCloud(config)).close();
});

test("A12 a cloud whose database is gone is refused, and no other one is begun", async () => {
  await initialiseFolder(config, Date.now);
  const database = join(config.data, "cloud.sqlite");
  await rm(database);
  await expect(startCloud(config)).rejects.toMatchObject({ code: "DATABASE_OTHER" });
  await expect(stat(database)).rejects.toMatchObject({ code: "ENOENT" });
});

test("A12 a database file that is none is said so, with its folder", async () => {
  await initialiseFolder(config, Date.now);
  await writeFile(join(config.data, "cloud.sqlite"), "x".repeat(8192));
  await expect(startCloud(config)).rejects.toMatchObject({ code: "DATA_UNUSABLE" });
});

test("A12 keys and the operator key are for this user alone", async () => {
  await initialiseFolder(config, Date.now);
  const modeOf = async (path: string): Promise<number> => (await stat(join(config.data, path))).mode & 0o777;
  expect(await modeOf("operator-key")).toBe(0o600);
  expect(await modeOf("keys/offline/image-root.pem")).toBe(0o600);
  expect(await modeOf("keys/online")).toBe(0o700);
});

test("A12 a folder is not initialised twice, and none is started that was not", async () => {
  await expect(startCloud(config)).rejects.toMatchObject({ code: "CLOUD_NOT_INITIALISED" });
  await initialiseFolder(config, Date.now);
  await expect(initialiseFolder(config, Date.now)).rejects.toMatchObject({
    code: "CLOUD_ALREADY_INITIALISED",
  });
});

test.each([
  ["port", "--port"],
  ["mqttPort", "--mqtt-port"],
] as const)("A12 a taken %s is said so, with the option to change it", async (setting, option) => {
  await initialiseFolder(config, Date.now);
  const { server, port } = await occupied();
  await expect(startCloud({ ...config, [setting]: port })).rejects.toMatchObject({
    code: "PORT_TAKEN",
    message: `Port ${port} on 127.0.0.1 is taken by another program.`,
    help: expect.stringContaining(option),
  });
  server.close();
  const cloud = await startCloud(config);
  await cloud.close();
});

test("A12 a setting that cannot be is refused before anything is opened", async () => {
  await expect(startCloud({ ...config, corsOrigins: "foo" })).rejects.toMatchObject({
    code: "CLOUD_CONFIG_INVALID",
  });
});

test("A12 a refused WebSocket handshake leaves nothing that keeps the cloud from ending", async () => {
  await initialiseFolder(config, Date.now);
  const cloud = await startCloud(config);
  const { hostname, port } = new URL(cloud.url);
  const client = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  client.write("GET /api/v1/streams/fleet/socket HTTP/1.1\r\nHost: cloud\r\n");
  client.write("Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  const answer = Buffer.concat((await client.toArray()) as Buffer[]).toString();
  expect(answer).toMatch(/^HTTP\/1.1 401 /);
  await cloud.close();
  client.destroy();
});

test("A12 a key that is gone is named by its file", async () => {
  await initialiseFolder(config, Date.now);
  await rm(join(config.data, "keys/online/director-targets.pem"));
  await expect(startCloud(config)).rejects.toMatchObject({
    code: "DATA_UNUSABLE",
    message: expect.stringContaining("director-targets.pem"),
  });
});
