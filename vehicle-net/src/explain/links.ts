import type { CanFrame } from "../can/frame.ts";
import type { EcuProfile } from "../ecu/profile.ts";
import { hexId } from "./text.ts";

/** One ECU as a capture shows it: the identifiers of both directions, and its profile where one is given. */
export interface Link {
  /** `Engine control`, or the request identifier where nobody knows a name. */
  readonly name: string;
  readonly requestId: number;
  readonly responseId: number;
  readonly extended: boolean;
  readonly profile?: EcuProfile;
}

/** Where a frame belongs: to one direction of a link, or to all ECUs. */
export type Place = { readonly direction: "request" | "response"; readonly link: Link } | "functional";

/** Diagnostic identifiers of 11 bits (ISO 15765-4:2021, table 4): eight ECUs and one address for all. */
const OBD_REQUEST = 0x7e0;
const OBD_RESPONSE = 0x7e8;
const OBD_FUNCTIONAL = 0x7df;
/** Identifiers of 29 bits (ISO 15765-2:2016, 10.3.3): the priority does not count. */
const WITHOUT_PRIORITY = 0x03ff_ffff;
const FIXED_PHYSICAL = 0x00da;
const FIXED_FUNCTIONAL = 0x00db;
/** Addresses of external test equipment (ISO 15765-4): F0 to FF. */
const FIRST_TESTER_ADDRESS = 0xf0;

/** Finds the link of a frame: by the profiles, else by the identifiers that the standards give. */
export class Links {
  readonly #places = new Map<string, Place | undefined>();
  readonly #links = new Map<string, Link>();

  constructor(profiles: readonly EcuProfile[]) {
    for (const profile of profiles) {
      const { requestId, responseId, functionalId, extended } = profile.addressing;
      const link = { name: profile.title, requestId, responseId, extended, profile };
      this.#places.set(key(requestId, extended), { direction: "request", link });
      this.#places.set(key(responseId, extended), { direction: "response", link });
      this.#places.set(key(functionalId, extended), "functional");
    }
  }

  /** Nothing where the frame is no diagnostic one that is known here. */
  placeOf({ id, extended = false }: CanFrame): Place | undefined {
    const name = key(id, extended);
    if (!this.#places.has(name)) this.#places.set(name, extended ? this.#fixed(id) : this.#obd(id));
    return this.#places.get(name);
  }

  #obd(id: number): Place | undefined {
    if (id === OBD_FUNCTIONAL) return "functional";
    if (id < OBD_REQUEST || id > OBD_RESPONSE + 7) return undefined;
    const number = id & 7;
    const link = this.#link(OBD_REQUEST + number, OBD_RESPONSE + number, false);
    return { direction: id < OBD_RESPONSE ? "request" : "response", link };
  }

  #fixed(id: number): Place | undefined {
    const format = (id & WITHOUT_PRIORITY) >>> 16;
    if (format === FIXED_FUNCTIONAL) return "functional";
    if (format !== FIXED_PHYSICAL) return undefined;
    const [target, source] = [(id >>> 8) & 0xff, id & 0xff];
    const direction = target >= FIRST_TESTER_ADDRESS ? "response" : "request";
    const swapped = id - target * 0x100 - source + source * 0x100 + target;
    const [requestId, responseId] = direction === "request" ? [id, swapped] : [swapped, id];
    return { direction, link: this.#link(requestId, responseId, true) };
  }

  #link(requestId: number, responseId: number, extended: boolean): Link {
    const name = hexId(requestId, extended);
    const link = this.#links.get(name) ?? { name: `ECU ${name}`, requestId, responseId, extended };
    this.#links.set(name, link);
    return link;
  }
}

const key = (id: number, extended: boolean): string => hexId(id, extended);
