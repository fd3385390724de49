/// <reference types="node" />
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { build } from "vite";
import type { GatewayState } from "../../gateway-state.ts";
import { FakeGateway } from "../fake-gateway.ts";
import { NOW } from "../fixtures.ts";
import { type Hmi, startHmi } from "../index.ts";

const QUIET = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** The page freshly built, a Chromium with an empty profile, and HMIs over fake gateways. */
export class BrowserRig {
  readonly #browser: Browser;
  readonly #pageFolder: string;
  readonly #open: { close(): Promise<void> }[] = [];
  /** Console errors and failed requests of every page since the last `endTest`: a broken policy shows here. */
  readonly complaints: string[] = [];

  private constructor(browser: Browser, pageFolder: string) {
    this.#browser = browser;
    this.#pageFolder = pageFolder;
  }

  static async start(): Promise<BrowserRig> {
    const pageFolder = await mkdtemp(join(tmpdir(), "hmi-page-"));
    await build({
      configFile: fileURLToPath(new URL("vite.config.ts", import.meta.url)),
      build: { outDir: pageFolder },
      logLevel: "warn",
    });
    const executablePath = process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium";
    return new BrowserRig(await chromium.launch({ executablePath, args: QUIET }), pageFolder);
  }

  async stop(): Promise<void> {
    await this.#browser.close();
    await rm(this.#pageFolder, { recursive: true });
  }

  /** Closes what the test opened. */
  async endTest(): Promise<void> {
    for (const opened of this.#open.splice(0).toReversed()) await opened.close();
    this.complaints.length = 0;
  }

  async serve(gateway: FakeGateway, port = 0): Promise<Hmi> {
    const hmi = await startHmi({ controls: gateway, host: "127.0.0.1", port, pageFolder: this.#pageFolder });
    this.#open.push(hmi);
    return hmi;
  }

  /** Opens the page of a gateway in that state and waits for its headline. */
  async show(state: GatewayState, { width = 1280, height = 720, theme = "light" } = {}) {
    const gateway = new FakeGateway(state);
    const hmi = await this.serve(gateway);
    const page = await this.#browser.newPage({
      viewport: { width, height },
      timezoneId: "UTC",
      locale: "en-GB",
    });
    this.#open.push(page);
    page.on("console", (message) => message.type() === "error" && this.complaints.push(message.text()));
    page.on("pageerror", (error) => this.complaints.push(error.message));
    await page.clock.setFixedTime(NOW);
    await page.goto(`${hmi.url}/?theme=${theme}`);
    await page.locator("h1").waitFor();
    await page.evaluate(() => document.fonts.ready);
    return { page, gateway, hmi };
  }
}

/** Texts whose contrast with the ground behind them is below 4.5 (WCAG 2.2, 1.4.3), inactive controls excepted. */
export function faintTexts(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const rgb = (color: string) => (color.match(/[\d.]+/g) ?? []).map(Number);
    const luminance = (color: string) => {
      const [r = 0, g = 0, b = 0] = rgb(color).map((c) => {
        const share = c / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ground = (element: Element | null): string => {
      if (!element) return "rgb(255, 255, 255)";
      const { backgroundColor } = getComputedStyle(element);
      return rgb(backgroundColor)[3] === 0 ? ground(element.parentElement) : backgroundColor;
    };
    const faint: string[] = [];
    for (const element of document.querySelectorAll("body *:not(svg, svg *, :disabled)")) {
      const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent?.trim());
      if (!own || !element.checkVisibility({ visibilityProperty: true })) continue;
      const [a, b] = [luminance(getComputedStyle(element).color), luminance(ground(element))];
      const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      if (contrast < 4.5) faint.push(`${element.textContent} (${contrast.toFixed(2)})`);
    }
    return faint;
  });
}

/** Texts and controls that leave the page sideways, are clipped, or (where nothing scrolls) lie under the footer. */
export function cutOff(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const wrong: string[] = [];
    const stage = document.querySelector(".stage");
    const wide = innerWidth >= 1000;
    if (document.documentElement.scrollWidth > innerWidth) wrong.push("the page scrolls sideways");
    if (wide && stage && stage.scrollHeight > stage.clientHeight + 1) {
      wrong.push(`the stage is ${stage.scrollHeight - stage.clientHeight} px too high`);
    }
    const bottom = wide ? (document.querySelector("footer")?.getBoundingClientRect().top ?? 0) : Infinity;
    for (const element of document.querySelectorAll<HTMLElement>(
      "h1, p, b, small, button, a, .status, header span, time",
    )) {
      if (!element.checkVisibility() || element.closest(".spoken, .summary")) continue;
      const box = element.getBoundingClientRect();
      const name = `${element.tagName} "${element.textContent}"`;
      if (box.right > innerWidth + 0.5 || box.left < -0.5) wrong.push(`${name} leaves the page sideways`);
      if (!element.closest("footer") && box.bottom > bottom + 0.5)
        wrong.push(`${name} lies under the footer`);
      if (getComputedStyle(element).overflow === "hidden" && element.scrollWidth > element.clientWidth + 1) {
        wrong.push(`${name} is shortened`);
      }
    }
    const say = document.querySelector(".say")?.getBoundingClientRect();
    for (const element of document.querySelectorAll(".say *")) {
      if (wide && say && element.getBoundingClientRect().right > say.right + 1) {
        wrong.push(`${element.className || element.tagName} leaves its column`);
      }
    }
    return wrong;
  });
}
