import { expect, test } from "vitest";
import { type Evidence, judge } from "./verdict.ts";

const versions = { old: "1.0.0", new: "2.0.0" };
const evidence = (overrides: Partial<Evidence> = {}): Evidence => ({
  outcome: "succeeded",
  ecus: [{ ecuId: "E1", recordedVersion: "2.0.0", bankSha256: "bb", oldSha256: "aa", newSha256: "bb" }],
  requests: new Set(["1002", "34"]),
  ...overrides,
});

test("B1 a run that ends with the new image in the bank and in the record passes", () => {
  expect(() => judge(undefined, evidence(), versions)).not.toThrow();
});

test("B1 a record of success is not believed where the bank holds the old image", () => {
  const ecus = [{ ...evidence().ecus[0]!, bankSha256: "aa" }];
  expect(() => judge(undefined, evidence({ ecus }), versions)).toThrow(/the active bank of E1 is aa, not bb/);
});

test("B1 a bank with the new image is not enough where the cloud does not know", () => {
  const ecus = [{ ...evidence().ecus[0]!, recordedVersion: "1.0.0" }];
  expect(() => judge(undefined, evidence({ ecus }), versions)).toThrow(/the cloud's version of E1 is 1.0.0/);
});

test("B1 a boot failure must end rolled back with its code and the old software", () => {
  const ecus = [{ ...evidence().ecus[0]!, recordedVersion: "1.0.0", bankSha256: "aa" }];
  const rolledBack = { outcome: "rolledBack", failureCode: "CONFIRM_BOOT_FAILED", ecus };
  expect(() => judge("boot-failure", evidence(rolledBack), versions)).not.toThrow();
  expect(() => judge("boot-failure", evidence({ ...rolledBack, failureCode: undefined }), versions)).toThrow(
    /failure code/,
  );
});

test("B1 a tampered artifact must not have touched the bus", () => {
  const ecus = [{ ...evidence().ecus[0]!, recordedVersion: "1.0.0", bankSha256: "aa" }];
  const refused = { outcome: "failed", failureCode: "VERIFY_DIGEST_MISMATCH", ecus };
  expect(() =>
    judge("tampered-artifact", evidence({ ...refused, requests: new Set(["1003"]) }), versions),
  ).not.toThrow();
  expect(() => judge("tampered-artifact", evidence(refused), versions)).toThrow(/carried a request 1002/);
});
