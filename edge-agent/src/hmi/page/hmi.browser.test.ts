import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { GatewayState } from "../../gateway-state.ts";
import { BrowserRig, cutOff, faintTexts } from "./browser-rig.ts";
import { FakeGateway } from "../fake-gateway.ts";
import { fixtures, NOW } from "../fixtures.ts";
import { en } from "../texts.en.ts";
import { view } from "../view.ts";
import { keepTogether } from "./keep-together.ts";

let rig: BrowserRig;
beforeAll(async () => {
  rig = await BrowserRig.start();
});
afterAll(() => rig.stop());
afterEach(() => rig.endTest());

const { jobId } = fixtures.offer.job;

/** The gateway's calls once there is one: a click is answered over the network. */
async function callsOf(gateway: FakeGateway): Promise<string[]> {
  await expect.poll(() => gateway.calls.length).toBeGreaterThan(0);
  return gateway.calls;
}

describe("a driver at the page", () => {
  test("E11 approves, watches the progress, and is told that the car is ready", async () => {
    const { page, gateway } = await rig.show(fixtures.offer);
    await page.getByRole("button", { name: "Install now" }).click();
    expect(await callsOf(gateway)).toEqual([`decide ${jobId} now`]);

    gateway.publish(fixtures.progress);
    await page.getByRole("heading", { name: "Do not switch off" }).waitFor();
    await page.getByText("64%").waitFor();
    gateway.publish({ ...fixtures.progress, job: { ...fixtures.progress.job, fraction: 0.71 } });
    await page.getByText("71%").waitFor();

    gateway.publish(fixtures.success);
    await page.getByRole("heading", { name: "Ready to drive" }).waitFor();
    await page.getByRole("button", { name: "Done" }).click();
    await expect.poll(() => gateway.calls.at(-1)).toBe(`acknowledge ${jobId}`);
    expect(rig.complaints).toEqual([]);
  });

  test.each([
    ["Tonight, 02:00", "tonight"],
    ["Not now", "decline"],
  ])("E11 chooses %s", async (label, decision) => {
    const { page, gateway } = await rig.show(fixtures.offer);
    await page.getByRole("button", { name: label }).click();
    expect(await callsOf(gateway)).toEqual([`decide ${jobId} ${decision}`]);
  });

  test("E11 asks for another check where a condition is missing", async () => {
    const { page, gateway } = await rig.show(fixtures.waiting);
    await page.getByRole("button", { name: "Check again" }).click();
    expect(await callsOf(gateway)).toEqual(["check"]);
  });

  test("E11 is told why a button was refused", async () => {
    const { page, gateway } = await rig.show(fixtures.offer);
    gateway.agrees = false;
    await page.getByRole("button", { name: "Install now" }).click();
    await page.getByText("This update does not wait for that decision any more.").waitFor();
  });

  test("E11 reads the release notes, which become text and never markup, and comes back by Escape", async () => {
    const notes = "# News\n\n**Calmer** <img src=x onerror=\"document.title='owned'\">\n\n- one\n- two";
    const { job } = fixtures.offer;
    const { page } = await rig.show({
      ...fixtures.offer,
      job: { ...job, release: { ...job.release, notes } },
    });
    const link = page.getByRole("button", { name: "What changes" });
    await link.click();
    const panel = page.getByRole("dialog", { name: "What changes" });
    await panel.getByText("<img src=x").waitFor();
    expect(await panel.locator("li").allTextContents()).toEqual(["one", "two"]);
    expect(await panel.locator("img").count()).toBe(0);
    await page.keyboard.press("Escape");
    await panel.waitFor({ state: "detached" });
    expect(await link.evaluate((element) => element === document.activeElement)).toBe(true);
  });

  test("E11 gives a technician the code, its sentence, what helps, and every serial number", async () => {
    const { page } = await rig.show(fixtures.rollback);
    await page.getByRole("button", { name: "Technician details" }).click();
    const text = (await page.getByRole("dialog").textContent()) ?? "";
    expect(text).toContain("CONFIRM_BOOT_FAILED");
    expect(text).toContain("Driver assistance did not start version 3.2.0 and is back on 3.1.2.");
    for (const { ecuId } of fixtures.rollback.ecus) expect(text).toContain(ecuId);
  });
});

describe("a gateway that falls silent", () => {
  test("E11 leaves the last state, says since when, and makes its buttons inactive with the reason", async () => {
    const { page, hmi } = await rig.show(fixtures.offer);
    await hmi.close();
    await page.getByText("Gateway silent since 14:07").waitFor();
    const install = page.getByRole("button", { name: "Install now" });
    expect(await install.isDisabled()).toBe(true);
    const reason = await install.getAttribute("aria-describedby");
    expect(await page.locator(`#${reason}`).textContent()).toContain("Gateway silent");
    expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe("Smoother starts in the cold");
  });

  test("E11 is noticed when it is back", async () => {
    const { page, hmi } = await rig.show(fixtures.offer);
    await hmi.close();
    await page.getByText("Gateway silent").waitFor();
    await rig.serve(new FakeGateway(fixtures.success), Number(new URL(hmi.url).port));
    await page.getByRole("heading", { name: "Ready to drive" }).waitFor();
  });
});

describe("how it looks", () => {
  const sizes: Record<"1280x720" | "1280x640" | "1024x600" | "390x844", readonly [number, number]> = {
    "1280x720": [1280, 720],
    "1280x640": [1280, 640],
    "1024x600": [1024, 600],
    "390x844": [390, 844],
  };

  /** Shows every state on one page, one after another; what `look` finds is told with the state's name. */
  async function throughAllStates(
    options: object,
    look: (page: Page) => Promise<string[]>,
  ): Promise<string[]> {
    const { page, gateway } = await rig.show(fixtures.idle, options);
    const found: string[] = [];
    for (const [name, state] of Object.entries({ ...fixtures, crowded: crowded(), wordy: wordy() })) {
      gateway.publish(state);
      const { text } = view(state, { now: NOW, texts: en, timeZone: "UTC" });
      await expect.poll(() => page.locator(".lede").textContent()).toBe(keepTogether(text));
      found.push(...(await look(page)).map((finding) => `${name}: ${finding}`));
    }
    expect(rig.complaints).toEqual([]);
    return found;
  }

  test.each(Object.entries(sizes))(
    "E11 at %s nothing is cut off in any state",
    async (_size, [width, height]) => {
      expect(await throughAllStates({ width, height }, cutOff)).toEqual([]);
    },
  );

  test.each(["light", "dark"])(
    "E11 in the %s theme every text of every state has a contrast of 4.5",
    async (theme) => {
      expect(await throughAllStates({ theme }, faintTexts)).toEqual([]);
    },
  );

  test.each([
    ["1280x720", 88],
    ["1280x640", 80],
    ["390x844", 56],
  ] as const)("E11 at %s a finger finds %d px", async (size, least) => {
    const [width, height] = sizes[size];
    const { page } = await rig.show(fixtures.offer, { width, height });
    const heights = await page
      .locator(".actions .button")
      .evaluateAll((all) => all.map((one) => one.clientHeight));
    expect(heights.length).toBe(3);
    expect(Math.min(...heights)).toBeGreaterThanOrEqual(least);
  });

  test("E11 the vehicle's light signal makes the page dark", async () => {
    const { page, gateway } = await rig.show(fixtures.offer, { theme: "" });
    const theme = () => page.locator("html").getAttribute("data-theme");
    expect(await theme()).toBe("light");
    gateway.publish({ ...fixtures.offer, vehicle: { ...fixtures.offer.vehicle, night: true } });
    await expect.poll(theme).toBe("dark");
  });
});

describe("without eyes or mouse", () => {
  test("E11 the keyboard goes in reading order and always sees where it is", async () => {
    const { page } = await rig.show(fixtures.offer);
    const seen: string[] = [];
    for (let press = 0; press < 4; press += 1) {
      await page.keyboard.press("Tab");
      seen.push(
        await page
          .locator(":focus-visible")
          .evaluate((one) => `${one.textContent} ${getComputedStyle(one).outlineWidth}`),
      );
    }
    expect(seen).toEqual(["What changes 3px", "Install now 3px", "Tonight, 02:00 3px", "Not now 3px"]);
  });

  test("E11 progress is spoken in steps of ten, with the time left", async () => {
    const { page } = await rig.show(fixtures.progress);
    const bar = page.getByRole("progressbar", { name: "Update" });
    expect(await bar.getAttribute("aria-valuetext")).toBe("60 percent, about 7 min left");
    expect(await bar.getAttribute("aria-valuenow")).toBe("60");
  });

  test("E11 the step that is now is marked, the drawing is silent and its list is read", async () => {
    const { page } = await rig.show(fixtures.progress);
    expect(await page.locator('[aria-current="step"]').textContent()).toBe("Flash");
    expect(await page.locator(".drawing").getAttribute("aria-hidden")).toBe("true");
    expect(await page.getByRole("figure", { name: "Control units" }).getByRole("listitem").count()).toBe(4);
  });

  test("E11 do not drive is said at once", async () => {
    const { page } = await rig.show(fixtures.failed);
    expect(await page.getByRole("heading", { level: 1 }).getAttribute("aria-live")).toBe("assertive");
  });
});

/** The longest failure code, long unit names, as many units as are drawn. */
function crowded(): GatewayState {
  const { job, ecus } = fixtures.refused;
  const more = ["Rear axle steering", "Battery manager", "Instrument cluster"].map((name, at) => ({
    ecuId: `MORE-${at}`,
    name,
    hardwareId: "mcu",
    version: "10.12.14",
    answers: "yes" as const,
  }));
  const operands = { name: "Engine control", found: 7, offered: 6 };
  const outcome = { ...job.outcome, failure: { code: "PLAN_RELEASE_COUNTER_LOWER", operands } as const };
  return { ...fixtures.refused, ecus: [...ecus, ...more], job: { ...job, outcome } };
}

/** The longest headline a release may have, and the longest text. */
function wordy(): GatewayState {
  const { job } = fixtures.offer;
  const headline = "Calmer lane keeping, quicker heating and a quieter heat pump";
  const notes =
    "Engine control warms up sooner, lane keeping is calmer on wet roads, and the pump is quieter when the car is parked too.";
  return { ...fixtures.offer, job: { ...job, release: { ...job.release, headline, notes } } };
}
