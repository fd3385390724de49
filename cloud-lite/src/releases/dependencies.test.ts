import fc from "fast-check";
import { expect, test } from "vitest";
import type { EcuDependency } from "@halfshaft/ota-format";
import { versionFits } from "./compatibility.ts";
import { type Candidates, type Demand, describeConflict, solveDependencies } from "./dependencies.ts";

const candidate = (version: string, ...ecus: EcuDependency[]) => ({
  version,
  ...(ecus.length === 0 ? {} : { requires: { ecus } }),
});
const atLeast = (hardwareId: string, version: string): EcuDependency => ({ hardwareId, atLeast: version });
const below = (hardwareId: string, version: string): EcuDependency => ({ hardwareId, below: version });

test("U2 a release whose images demand nothing fits", () => {
  expect(solveDependencies(["A"], new Map([["A", [candidate("2.0.0")]]]))).toBe("fits");
});

test("U2 a demand may be met by the release itself, or by what was released before", () => {
  const others = new Map([
    ["A", [candidate("2.0.0", atLeast("B", "3.0.0"), atLeast("C", "1.0.0"))]],
    ["B", [candidate("3.0.0")]],
    ["C", [candidate("0.9.0"), candidate("1.0.0")]],
  ]);
  expect(solveDependencies(["A", "B"], others)).toBe("fits");
});

test("U2 the chain that cannot hold is given in words, and only that", () => {
  const candidates = new Map([
    ["A", [candidate("2.0.0", atLeast("B", "3.0.0"), atLeast("D", "1.0.0"))]],
    ["B", [candidate("3.0.0", below("C", "2.0.0"))]],
    ["C", [candidate("2.1.0")]],
    ["D", [candidate("1.0.0")]],
  ]);
  const conflict = solveDependencies(["A", "C"], candidates) as readonly Demand[];
  expect(describeConflict(conflict, candidates)).toBe(
    "A 2.0.0 needs B at least 3.0.0; B 3.0.0 needs C below 2.0.0; B can be 3.0.0; C can be 2.1.0",
  );
});

test("U2 an ECU type that nobody ever released or reported meets no demand", () => {
  const candidates = new Map([["A", [candidate("2.0.0", atLeast("GATE", "1.0.0"))]]]);
  const conflict = solveDependencies(["A"], candidates) as readonly Demand[];
  expect(describeConflict(conflict, candidates)).toBe(
    "A 2.0.0 needs GATE at least 1.0.0; GATE can be nothing that was released or reported",
  );
});

test("U2 two ECU types may need each other", () => {
  const pair = new Map([
    ["A", [candidate("2.0.0", atLeast("B", "2.0.0"))]],
    ["B", [candidate("1.0.0"), candidate("2.0.0", atLeast("A", "2.0.0"))]],
  ]);
  expect(solveDependencies(["A"], pair)).toBe("fits");
});

const HARDWARE = ["A", "B", "C", "D"];
const version = fc.constantFrom("1.0.0", "2.0.0", "3.0.0");
const dependency = fc.oneof(
  fc.record({ hardwareId: fc.constantFrom(...HARDWARE, "E"), atLeast: version }),
  fc.record({ hardwareId: fc.constantFrom(...HARDWARE, "E"), below: version }),
);
const versions = fc.uniqueArray(
  fc
    .record({ version, ecus: fc.array(dependency, { maxLength: 2 }) })
    .map((drawn) => candidate(drawn.version, ...drawn.ecus)),
  { selector: (drawn) => drawn.version, minLength: 1, maxLength: 3 },
);
const worlds = fc
  .tuple(versions, versions, versions, versions, fc.integer({ min: 1, max: 3 }))
  .map(([a, b, c, d, released]) => {
    const release = HARDWARE.slice(0, released);
    const entries: [string, typeof a][] = [a, b, c, d].map((drawn, i) => [
      HARDWARE[i]!,
      i < released ? drawn.slice(0, 1) : drawn,
    ]);
    return { release, candidates: new Map(entries) };
  });

/** Every way in which the ECU types can have versions or be absent, tried one after another. */
function bruteForce(release: readonly string[], candidates: Candidates, demands: readonly Demand[]): boolean {
  const tryFrom = (index: number, chosen: ReadonlyMap<string, string>): boolean => {
    if (index === HARDWARE.length) {
      return demands.every(({ hardwareId, version: of, dependency: asked }) => {
        if (chosen.get(hardwareId) !== of) return true;
        const other = chosen.get(asked.hardwareId);
        return other !== undefined && versionFits(other, asked);
      });
    }
    const hardwareId = HARDWARE[index]!;
    const absent = !release.includes(hardwareId) && tryFrom(index + 1, chosen);
    return (
      absent ||
      candidates
        .get(hardwareId)!
        .some((drawn) => tryFrom(index + 1, new Map([...chosen, [hardwareId, drawn.version]])))
    );
  };
  return tryFrom(0, new Map());
}

const allDemands = (candidates: Candidates): Demand[] =>
  [...candidates].flatMap(([hardwareId, list]) =>
    list.flatMap((drawn) =>
      (drawn.requires?.ecus ?? []).map((asked) => ({
        hardwareId,
        version: drawn.version,
        dependency: asked,
      })),
    ),
  );

test("U2 property: a release is found to fit exactly where trying everything finds a way", () => {
  fc.assert(
    fc.property(worlds, ({ release, candidates }) => {
      const verdict = solveDependencies(release, candidates);
      expect(verdict === "fits").toBe(bruteForce(release, candidates, allDemands(candidates)));
    }),
    { numRuns: 500 },
  );
});

test("U2 property: the demands that are named cannot hold together, and none of them is needless", () => {
  fc.assert(
    fc.property(worlds, ({ release, candidates }) => {
      const conflict = solveDependencies(release, candidates);
      if (typeof conflict === "string") return;
      expect(bruteForce(release, candidates, conflict)).toBe(false);
      for (const demand of conflict) {
        const without = conflict.filter((other) => other !== demand);
        expect(bruteForce(release, candidates, without)).toBe(true);
      }
    }),
    { numRuns: 500 },
  );
});
