import type { EcuProfile } from "../ecu/profile.ts";
import { describeService, UdsFormatError } from "../uds/error.ts";
import { describeNrc, Nrc } from "../uds/nrc.ts";
import { decodeRequest, decodeResponse, NEGATIVE_RESPONSE, POSITIVE_RESPONSE } from "../uds/service.ts";
import { RoutineControl } from "../uds/services/routine-control.ts";
import { serviceOf, services } from "../uds/services/table.ts";
import { describeField, meaningOfDid, meaningOfOptions, meaningOfResult } from "./fields.ts";
import { describeBytes, hexByte } from "./text.ts";

/** A UDS message in words. */
export interface DescribedMessage {
  readonly sid: number;
  /** `ReadDataByIdentifier (22)`, with what became of it for an answer. */
  readonly headline: string;
  readonly details: readonly string[];
  readonly kind: "request" | "positive" | "negative" | "pending" | "empty";
  /** Only for requests: no positive answer is wanted. */
  readonly suppressed: boolean;
}

type Declared = (typeof services)[number];
const declared = new Map<number, Declared>(services.map((service) => [service.sid, service]));

const empty: DescribedMessage = {
  sid: 0,
  headline: "an empty message",
  details: [],
  kind: "empty",
  suppressed: false,
};

/** A request; what does not fit its declaration is said so, with its bytes. */
export function describeRequest(message: Uint8Array, profile?: EcuProfile): DescribedMessage {
  const sid = message[0];
  if (sid === undefined) return empty;
  const service = serviceOf(sid);
  const suppressed = service.subFunction && ((message[1] ?? 0) & 0x80) !== 0;
  const headline = describeService(service) + (suppressed ? ", no positive answer wanted" : "");
  const details = describeBody(message, (one) => decodeRequest<unknown>(one, message).request, sid, profile);
  return { sid, headline, details, kind: "request", suppressed };
}

/** An answer, positive or negative. */
export function describeAnswer(message: Uint8Array, profile?: EcuProfile): DescribedMessage {
  const first = message[0];
  if (first === undefined) return empty;
  if (first === NEGATIVE_RESPONSE) return describeNegative(message);
  const sid = first - POSITIVE_RESPONSE;
  const headline = sid < 0 ? `no answer of any service (${hexByte(first)})` : describeService(serviceOf(sid));
  const details = describeBody(message, (one) => decodeResponse<unknown>(one, message), sid, profile);
  return { sid, headline, details, kind: "positive", suppressed: false };
}

function describeNegative(message: Uint8Array): DescribedMessage {
  const [, sid = 0, nrc] = message;
  const service = describeService(serviceOf(sid));
  if (nrc === undefined) {
    const details = [`bytes: ${describeBytes(message)}`];
    return {
      sid,
      headline: `${service} refused without a code`,
      details,
      kind: "negative",
      suppressed: false,
    };
  }
  if (nrc === Nrc.responsePending) {
    return {
      sid,
      headline: `${service} ${describeNrc(nrc)}`,
      details: [],
      kind: "pending",
      suppressed: false,
    };
  }
  const headline = `${service} refused: ${describeNrc(nrc)}`;
  return { sid, headline, details: [], kind: "negative", suppressed: false };
}

function describeBody(
  message: Uint8Array,
  decode: (service: Declared) => unknown,
  sid: number,
  profile: EcuProfile | undefined,
): string[] {
  const service = declared.get(sid);
  const body = message.subarray(1);
  if (service === undefined) return body.length === 0 ? [] : [`data: ${describeBytes(body)}`];
  let fields: object;
  try {
    fields = decode(service) as object;
  } catch (error) {
    if (!(error instanceof UdsFormatError)) throw error;
    return [`malformed: ${error.message}`, `bytes: ${describeBytes(message)}`];
  }
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined && !(value instanceof Uint8Array && value.length === 0))
    .map(([name, value]: [string, unknown]) => {
      const meaning = profile === undefined ? undefined : meaningOf(sid, name, value, fields, profile);
      return meaning === undefined ? describeField(sid, name, value, profile) : `${name}: ${meaning}`;
    });
}

/** What a record means to this ECU, where its profile knows. */
function meaningOf(
  sid: number,
  name: string,
  value: unknown,
  fields: { readonly did?: number; readonly routineId?: number },
  profile: EcuProfile,
): string | undefined {
  if (!(value instanceof Uint8Array)) return undefined;
  const { did, routineId } = fields;
  if (name === "data" && did !== undefined) return meaningOfDid(profile, did, value);
  if (sid !== RoutineControl.sid || routineId === undefined) return undefined;
  return name === "optionRecord"
    ? meaningOfOptions(profile, routineId, value)
    : meaningOfResult(profile, routineId, value);
}
