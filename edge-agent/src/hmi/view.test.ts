import { describe, expect, test } from "vitest";
import type { GatewayState, JobState } from "../gateway-state.ts";
import { consent, fixtures, type FixtureName, NOW } from "./fixtures.ts";
import { en } from "./texts.en.ts";
import { view } from "./view.ts";
import type { View, ViewContext } from "./view/model.ts";

const context: ViewContext = { now: NOW, texts: en, timeZone: "UTC" };
const see = (state: GatewayState, changes: Partial<ViewContext> = {}): View =>
  view(state, { ...context, ...changes });

const { offer } = fixtures;
function withJob(changes: Partial<JobState>, state: Partial<GatewayState> = {}): GatewayState {
  return { ...offer, ...state, job: { ...offer.job, ...changes } };
}

/** What each state says first: status, headline, buttons, step. */
const TABLE: Record<FixtureName, readonly [status: string, headline: string, verbs: string, step: string]> = {
  loading: ["loading: Reading the vehicle", "One moment", "", "No update running"],
  idle: ["upToDate: Up to date", "Nothing to install", "check", "No update running"],
  offer: ["offered: Update available", "Smoother starts in the cold", "now tonight decline", "Offer"],
  scheduled: ["scheduled: Scheduled", "Installs tonight at 02:00", "now decline", "Offer"],
  waiting: [
    "safeState: Waiting for safe state",
    "Charge the 12-volt battery",
    "check tonight decline",
    "Flash",
  ],
  download: ["updating: Download, step 3 of 9", "You can drive", "details", "Download"],
  progress: ["updating: Flash, step 6 of 9", "Do not switch off", "details", "Flash"],
  trial: ["updating: Confirm, step 8 of 9", "Do not switch off", "details", "Confirm"],
  success: ["succeeded: Succeeded", "Ready to drive", "acknowledge changes", "All 9 steps done"],
  rollback: ["rolledBack: Rolled back", "Not installed. Safe to drive.", "acknowledge details", "Confirm"],
  refused: [
    "failedSafe: Failed, safe to drive",
    "Not installed. Safe to drive.",
    "acknowledge details",
    "Verify",
  ],
  failed: ["failed: Failed", "Do not drive", "call details", "Confirm"],
  offline: ["offline: Offline", "Download paused", "check details", "Download"],
  driving: ["offered: Update available", "Park to see the update", "", ""],
  declined: ["declined: Declined", "Nothing is installed", "acknowledge", "Offer"],
};

test.each(Object.entries(TABLE))(
  "E11 the state %s says what to do now",
  (name, [status, headline, verbs, step]) => {
    const shown = see(fixtures[name as FixtureName]);
    expect(`${shown.status.name}: ${shown.status.word}`).toBe(status);
    expect(shown.headline).toBe(headline);
    expect(shown.actions.map(({ verb }) => verb).join(" ")).toBe(verbs);
    expect(shown.rail?.title ?? "").toBe(step);
  },
);

describe("limits of one glance", () => {
  const everything = Object.entries(fixtures).flatMap(([name, state]) => [
    [name, see(state)] as const,
    [`${name}, gateway silent`, see(state, { silentSince: NOW })] as const,
    [`${name}, in gear D`, see({ ...state, vehicle: { ...state.vehicle, gear: "D" } })] as const,
  ]);

  test.each(everything)(
    "E11 %s: at most 120 characters, three facts, three buttons, no hole left",
    (_name, shown) => {
      expect(shown.text.length).toBeLessThanOrEqual(120);
      expect(shown.headline.length).toBeLessThanOrEqual(60);
      expect(shown.facts?.length ?? 0).toBeLessThanOrEqual(3);
      expect(shown.actions.length).toBeLessThanOrEqual(3);
      expect(JSON.stringify(shown)).not.toMatch(/\{\w+\}/);
    },
  );

  test("E11 every text of the language file stays within 120 characters with the longest usual values in place", () => {
    const long = {
      name: "Driver assistance",
      bytes: "412 of 680 MB",
      when: "tomorrow at 09:30",
      release: "Spring 2.0",
    };
    const texts: string[] = [];
    const collect = (part: unknown): void => {
      if (typeof part === "string") texts.push(part);
      else for (const inner of Object.values(part as object)) collect(inner);
    };
    collect(en);
    for (const text of texts) {
      const filled = text.replaceAll(
        /\{(\w+)\}/g,
        (_hole, name: string) => long[name as keyof typeof long] ?? "12.2",
      );
      expect(filled.length, filled).toBeLessThanOrEqual(120);
    }
  });

  test("E11 a release with long notes and long unit names falls back to a short sentence", () => {
    const ecus = offer.job.ecus.map((ecu) => ({
      ...ecu,
      name: "Advanced driver assistance domain controller",
    }));
    const notes = `${"A sentence that never seems to end because it goes on ".repeat(4)}.`;
    const shown = see(withJob({ ecus, release: { ...offer.job.release, notes } }));
    expect(shown.text).toBe("Autumn 2.0 brings new software for 3 control units.");
  });
});

describe("driving", () => {
  const inGear = (state: GatewayState) => see({ ...state, vehicle: { ...state.vehicle, gear: "D" } });

  test.each(Object.keys(fixtures) as FixtureName[])(
    "E11 %s in gear D: a sentence, no rail, no units, no buttons",
    (name) => {
      const shown = inGear(fixtures[name]);
      expect(shown).toMatchObject({ alone: true, units: [], actions: [], rail: undefined, link: undefined });
      expect(shown.progress).toBeUndefined();
    },
  );

  test.each([
    ["offer", "Park to see the update"],
    ["download", "Park to see the update"],
    ["idle", "Nothing to do"],
    ["success", "Park to see the result"],
    ["progress", "Stop where it is safe"],
    ["failed", "Stop where it is safe"],
  ] as const)("E11 %s in gear D says: %s", (name, headline) => {
    expect(inGear(fixtures[name]).headline).toBe(headline);
  });

  test("E11 reverse counts as driving, neutral and park do not", () => {
    const gears = (["P", "R", "N", "D"] as const).map((gear) => see({ ...offer, vehicle: { gear } }).alone);
    expect(gears).toEqual([false, true, false, true]);
  });
});

describe("offer", () => {
  test("E6 a forced update cannot be declined and says when it comes by itself", () => {
    const forced = { ...consent, mode: "forced" as const, deadline: NOW + 3_600_000 };
    const shown = see(withJob({ consent: forced }));
    expect(shown.actions.map(({ verb }) => verb)).toEqual(["now", "tonight"]);
    expect(shown.text).toBe("It installs by itself at 15:07 at the latest, once the car is parked.");
  });

  test("E6 only decisions that the gateway takes become buttons", () => {
    expect(see(withJob({ decisions: ["now"] })).actions.map(({ verb }) => verb)).toEqual(["now"]);
    expect(see(withJob({ stage: "readiness" })).actions.map(({ verb }) => verb)).toEqual(["check"]);
  });

  test("E6 a later date than tonight is named by its day", () => {
    const later = { ...consent, tonightAt: Date.UTC(2026, 10, 14, 2, 0) };
    expect(see(withJob({ consent: later })).actions[1]?.label).toBe("Saturday, 02:00");
  });

  test("E11 the text is the opening of the release notes", () => {
    expect(see(offer).text).toBe(
      "Engine control 2.0 warms up sooner, and lane keeping is calmer on wet roads.",
    );
  });

  test("E11 a release without a headline is called by its name", () => {
    expect(see(withJob({ release: { ...offer.job.release, headline: "" } })).headline).toBe("Autumn 2.0");
  });
});

describe("waiting for a safe state", () => {
  const waitingFor = (condition: JobState["conditions"][number]) =>
    see(withJob({ stage: "readiness", conditions: [condition] }));

  test.each([
    [{ name: "parked", met: false }, "Park the car", "Not in park"],
    [{ name: "ignitionOff", met: false }, "Switch the ignition off", "Ignition on"],
    [
      { name: "minStateOfChargePercent", met: false, found: 41, wanted: 50 },
      "Charge the battery",
      "Battery at 41 %",
    ],
    [{ name: "minStateOfChargePercent", met: false, wanted: 50 }, "Charge the battery", "Battery unknown"],
    [
      { name: "minBatteryVolts", met: false, found: 11.9, wanted: 12.2 },
      "Charge the 12-volt battery",
      "12-volt at 11.9 V",
    ],
  ] as const)("C10 %o asks for exactly that", (condition, headline, word) => {
    const shown = waitingFor(condition);
    expect(shown.headline).toBe(headline);
    expect(shown.checks).toEqual([{ met: false, word }]);
  });

  test("C10 with everything met it says that the installation is about to start", () => {
    expect(waitingFor({ name: "parked", met: true }).headline).toBe("About to start");
  });
});

describe("progress", () => {
  test("E7 one unit at a time is named with its number", () => {
    expect(see(fixtures.progress).text).toContain("Installing Driver assistance, 2 of 3.");
  });

  test("E7 several units at once are counted", () => {
    const ecus = offer.job.ecus.map((ecu) => ({ ...ecu, status: "flashing" as const }));
    expect(see(withJob({ stage: "flash", ecus })).text).toContain("Installing 3 control units at once.");
  });

  test("E11 what is spoken changes every 10 percent only", () => {
    const spoken = [0.6, 0.64, 0.699, 0.7].map(
      (fraction) => see(withJob({ stage: "flash", fraction })).progress?.spoken,
    );
    expect(spoken).toEqual(["60 percent", "60 percent", "60 percent", "70 percent"]);
  });

  test("E4 a download shows what is loaded of how much", () => {
    expect(see(fixtures.download).progress?.left).toBe("412 of 680 kB");
  });

  test("E4 a download without connection is paused, not failed", () => {
    expect(see({ ...fixtures.download, cloud: "offline" }).situation).toBe("paused");
  });
});

describe("outcome", () => {
  test("E9 a rollback names the unit that did not start, and the code that the operator sees", () => {
    const shown = see(fixtures.rollback);
    expect(shown.text).toBe(
      "Driver assistance did not start the new software. Every unit runs its old software again.",
    );
    expect(shown.facts?.[1]).toMatchObject({ value: "Report sent", meaning: "CONFIRM_BOOT_FAILED" });
  });

  test("E11 only a lost unit says do not drive, and says it at once", () => {
    const urgent = Object.entries(fixtures).filter(([, state]) => see(state).urgent);
    expect(urgent.map(([name]) => name)).toEqual(["failed"]);
    const told = Object.entries(fixtures).filter(([, state]) => see(state).headline === "Do not drive");
    expect(told.map(([name]) => name)).toEqual(["failed"]);
  });

  test("E11 without a number to dial there is no button that dials", () => {
    const shown = see({ ...fixtures.failed, assistancePhone: undefined });
    expect(shown.actions.map(({ verb }) => verb)).toEqual(["details"]);
  });

  test("E10 a report that could not be sent yet is said so", () => {
    const { job } = fixtures.success;
    const shown = see({
      ...fixtures.success,
      job: { ...job, outcome: { ...job.outcome, reported: false } },
    });
    expect(shown.facts?.[2]).toMatchObject({ value: "Report waits", meaning: "sent when online" });
    expect(shown.rail?.title).toBe("Report");
  });

  test("E6 an offer that nobody answered ends without blame", () => {
    const { job } = fixtures.declined;
    const shown = see({
      ...fixtures.declined,
      job: { ...job, outcome: { ...job.outcome, kind: "expired" } },
    });
    expect(shown.text).toBe("Nobody answered before the offer ended. It can be made again later.");
  });
});

describe("without the gateway", () => {
  test("E11 the last state stays with its time, and the status says since when", () => {
    const shown = see(fixtures.progress, { silentSince: NOW });
    expect(shown.status).toEqual({ name: "offline", word: "Gateway silent since 14:07" });
    expect(shown.headline).toBe("Do not switch off");
    expect(shown.progress).toMatchObject({ fraction: 0.64, left: undefined });
    expect(shown.silentSince).toBe(NOW);
  });

  test("E11 do not drive stays red when the gateway falls silent", () => {
    expect(see(fixtures.failed, { silentSince: NOW }).status.name).toBe("failed");
  });

  test.each([
    [0, "blank", "One moment"],
    [250, "shape", "One moment"],
    [2_000, undefined, "One moment"],
    [10_000, undefined, "No answer from the gateway"],
  ] as const)("E11 %d ms without a first state", (waitedMs, placeholder, headline) => {
    expect(view(undefined, { ...context, waitedMs })).toMatchObject({ placeholder, headline });
  });

  test("E11 a refused button's reason takes the place of the text", () => {
    expect(see(offer, { refusal: "This update does not wait for that decision any more." }).text).toBe(
      "This update does not wait for that decision any more.",
    );
  });

  test("E11 nothing to install without connection says when the cloud was last asked", () => {
    expect(see({ ...fixtures.idle, cloud: "offline" })).toMatchObject({
      status: { name: "offline" },
      text: "There is no connection, so updates cannot be looked for. Last checked at 14:05.",
    });
  });
});
