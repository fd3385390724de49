/** One row of the cloud's own problem codes; what goes wrong in a vehicle has its table in ota-format/failures.ts. */
interface RefusalCode {
  /** HTTP status; 0 where the code is only ever seen on the command line. */
  readonly status: number;
  /** What happened; `{name}` stands for an operand. */
  readonly sentence: string;
  /** What a person can do about it. */
  readonly help: string;
}

const table = {
  // The request itself
  REQUEST_INVALID: {
    status: 400,
    sentence: "The request is not as documented: {reason}.",
    help: "Compare it with /api/v1/openapi.json; browse it at /docs.",
  },
  BODY_NOT_JSON: {
    status: 400,
    sentence: "The body is not JSON: {reason}.",
    help: "Send valid JSON with Content-Type: application/json.",
  },
  BODY_TOO_LARGE: {
    status: 413,
    sentence: "The body is larger than the {limit} bytes that this route takes.",
    help: "Send less at once, or raise the limit in the configuration of the cloud.",
  },
  MEDIA_TYPE_UNSUPPORTED: {
    status: 415,
    sentence: "This route does not take {mediaType}.",
    help: "Send one of the media types that /api/v1/openapi.json names for this route.",
  },
  ROUTE_UNKNOWN: {
    status: 404,
    sentence: "There is no {method} {path}.",
    help: "Browse the API at /docs.",
  },
  CURSOR_INVALID: {
    status: 400,
    sentence: "The cursor is not one of this list.",
    help: "Pass metadata.nextCursor of the page before, unchanged, or start without a cursor.",
  },
  IDEMPOTENCY_KEY_REUSED: {
    status: 422,
    sentence: 'Idempotency-Key "{key}" was used before for another request.',
    help: "Use a new key for each new request; repeat a key only with the same method, path and body.",
  },
  SECRET_SHOWN_ONCE: {
    status: 409,
    sentence: "This request was carried out before, and its secret was shown then.",
    help: "Issue another token and revoke the one that was lost.",
  },
  // Who is asking
  CREDENTIALS_MISSING: {
    status: 401,
    sentence: "This route needs a credential.",
    help: "Send Authorization: Bearer with an operator key (hs_op_…) or a device token (hs_dv_…).",
  },
  CREDENTIALS_INVALID: {
    status: 401,
    sentence: "The credential is unknown or was revoked.",
    help: "Check for a cut-off copy; issue a new one if it is lost.",
  },
  OPERATOR_REQUIRED: {
    status: 403,
    sentence: "This route is for operators.",
    help: "Use an operator key (hs_op_…).",
  },
  DEVICE_REQUIRED: {
    status: 403,
    sentence: "This route is for vehicles.",
    help: "Use the device token (hs_dv_…) of the vehicle.",
  },
  OTHER_VEHICLE: {
    status: 403,
    sentence: "The device token is not one of vehicle {vehicleId}.",
    help: "A vehicle reads its own Director repository only.",
  },
  RATE_LIMITED: {
    status: 429,
    sentence: "More than {limit} requests came within {window}.",
    help: "Wait for the seconds in the Retry-After header, then go on.",
  },
  // Vehicles
  VEHICLE_UNKNOWN: {
    status: 404,
    sentence: "There is no vehicle {vehicleId}.",
    help: "List the vehicles with GET /api/v1/vehicles.",
  },
  VEHICLE_EXISTS: {
    status: 409,
    sentence: "Vehicle {vehicleId} is registered already.",
    help: "Read it with GET /api/v1/vehicles/{vehicleId}.",
  },
  VIN_UNKNOWN: {
    status: 404,
    sentence: "No vehicle has VIN {vin}.",
    help: "Register the vehicle first, or correct the VIN.",
  },
  VIN_TAKEN: {
    status: 409,
    sentence: "VIN {vin} belongs to vehicle {vehicleId}.",
    help: "A VIN names one vehicle of an organisation. Correct it, or read the other vehicle.",
  },
  VIN_INVALID: {
    status: 422,
    sentence: "{vin} is not a VIN: {reason}.",
    help: "Correct it (ISO 3779), or start the cloud with --vin-policy free if these vehicles have other ids.",
  },
  ECU_DUPLICATE: {
    status: 422,
    sentence: "ECU {ecuId} is listed twice.",
    help: "An ECU's serial number is its id in the vehicle; give each its own.",
  },
  HARDWARE_UNKNOWN: {
    status: 404,
    sentence: "Hardware {hardwareId} is not known.",
    help: "Register it with its memory regions: PUT /api/v1/hardware/{hardwareId}.",
  },
  HARDWARE_REGIONS_INVALID: {
    status: 422,
    sentence: "The memory regions of {hardwareId} are not usable: {reason}.",
    help: "Regions lie within 32 bits, do not overlap, and at least one of them is flashed.",
  },
  // Releases
  RELEASE_UNKNOWN: {
    status: 404,
    sentence: "There is no release {releaseId}.",
    help: "List the releases with GET /api/v1/releases.",
  },
  RELEASE_IMMUTABLE: {
    status: 409,
    sentence: 'Release "{name}" is {state} and cannot be changed.',
    help: "Make a new release.",
  },
  RELEASE_EMPTY: {
    status: 409,
    sentence: 'Release "{name}" has no images.',
    help: "Upload at least one: PUT /api/v1/releases/{releaseId}/images/{hardwareId}.",
  },
  RELEASE_NOT_PUBLISHED: {
    status: 409,
    sentence: 'Release "{name}" is {state}.',
    help: "Only a published release can be offered to vehicles.",
  },
  IMAGE_UNKNOWN: {
    status: 404,
    sentence: "Release {releaseId} has no image {imageId}.",
    help: "Read the release for its images.",
  },
  IMAGE_NOT_SIGNED: {
    status: 409,
    sentence: "Image {imageId} is not signed yet.",
    help: "Publish its release; that signs the descriptor.",
  },
  IMAGE_VERSION_TAKEN: {
    status: 409,
    sentence: "Version {version} for {hardwareId} was released already.",
    help: "A released version never changes. Give the new image a new version.",
  },
  DELTA_UNKNOWN: {
    status: 404,
    sentence: "Release {releaseId} has no delta {deltaId}.",
    help: "List them with GET /api/v1/releases/{releaseId}/deltas.",
  },
  IMAGE_EMPTY: {
    status: 422,
    sentence: "Nothing of the upload lies in a flashed region of {hardwareId}.",
    help: "Check the file and the hardware's memory regions.",
  },
  IMAGE_OUT_OF_RANGE: {
    status: 422,
    sentence: "{where}: {length} bytes at {address} lie in no memory region of {hardwareId}.",
    help: "Declare the region (flashed or not) in the hardware, or correct the file.",
  },
  IMAGE_TOO_SPARSE: {
    status: 422,
    sentence: "The image has {found} segments; it may have {limit}.",
    help: "Fill the gaps when the file is made.",
  },
  ADDRESS_MISSING: {
    status: 422,
    sentence: "A raw binary has no address, and {hardwareId} has {count} flashed regions.",
    help: "Say where it begins: ?address=0x8000.",
  },
  HEX_MALFORMED: {
    status: 422,
    sentence: "Intel HEX line {line}: {reason}.",
    help: "Make the file again with your linker or objcopy; it was damaged or cut off.",
  },
  SREC_MALFORMED: {
    status: 422,
    sentence: "S-record line {line}: {reason}.",
    help: "Make the file again with your linker or objcopy; it was damaged or cut off.",
  },
  IMAGE_IS_TEXT: {
    status: 422,
    sentence:
      "The upload for {hardwareId} is sent as raw binary and begins like a text file of format {format}.",
    help: "Send it with format={format}; or with format=bin, if these characters are what is to be flashed.",
  },
  IMAGE_IS_ELF: {
    status: 422,
    sentence: "The upload for {hardwareId} is an ELF file, which is more than what is flashed.",
    help: "Take out what is loaded and upload that: objcopy -O ihex firmware.elf firmware.hex.",
  },
  VERSION_INVALID: {
    status: 422,
    sentence: "{version} is not a semantic version.",
    help: "Use MAJOR.MINOR.PATCH as semver.org says, for example 2.0.0.",
  },
  ARTIFACT_MISSING: {
    status: 404,
    sentence: "The file of {target} is not in the artifact store.",
    help: "Restore the artifact folder from its backup; the metadata still names the file.",
  },
  RANGE_NOT_SATISFIABLE: {
    status: 416,
    sentence: "The file has {length} bytes; the range {range} begins after its end.",
    help: "Ask for a range within the file, or for the whole file.",
  },
  TARGET_UNKNOWN: {
    status: 404,
    sentence: "The {repository} repository has no target {target}.",
    help: "Read the repository's targets metadata.",
  },
  METADATA_UNKNOWN: {
    status: 404,
    sentence: "The {repository} repository has no {file}.",
    help: "A missing next root means that the current root is the latest.",
  },
  // Campaigns and jobs
  CAMPAIGN_UNKNOWN: {
    status: 404,
    sentence: "There is no campaign {campaignId}.",
    help: "List the campaigns with GET /api/v1/campaigns.",
  },
  CAMPAIGN_STATE: {
    status: 409,
    sentence: 'Campaign "{name}" is {state}; {verb} is not possible.',
    help: "Read the campaign for its state.",
  },
  CAMPAIGN_NOBODY: {
    status: 409,
    sentence: 'Campaign "{name}" reaches no vehicle: {reason}.',
    help: "Check the target, the vehicles' ECUs and the versions that they run.",
  },
  JOB_UNKNOWN: {
    status: 404,
    sentence: "There is no job {jobId}.",
    help: "List the jobs with GET /api/v1/jobs.",
  },
  // The machine
  INTERNAL: {
    status: 500,
    sentence: "The cloud met an error that it has no name for.",
    help: "Search its log for the request id, and report it.",
  },
  NOT_READY: {
    status: 503,
    sentence: "The cloud is not ready: {reason}.",
    help: "Try again shortly; look at its log if it stays.",
  },
  CLOUD_CONFIG_INVALID: {
    status: 0,
    sentence: "{setting} is {value}: {reason}.",
    help: "Correct the option or the environment variable; `cloud help` lists them.",
  },
  CLOUD_NOT_INITIALISED: {
    status: 0,
    sentence: "{folder} holds no cloud.",
    help: "Run `cloud init --data FOLDER` first, or name the right folder.",
  },
  CLOUD_ALREADY_INITIALISED: {
    status: 0,
    sentence: "{folder} holds a cloud already.",
    help: "Start it with `cloud run --data FOLDER`, or choose an empty folder.",
  },
  DATA_IN_USE: {
    status: 0,
    sentence: "{folder} is in use by another cloud.",
    help: "Stop that cloud, or give this one a data folder of its own with --data.",
  },
  DATA_NOT_OURS: {
    status: 0,
    sentence: "{folder} is not empty and holds no cloud: there is {found} in it.",
    help: "Name an empty or a new folder with --data.",
  },
  DATA_UNUSABLE: {
    status: 0,
    sentence: "{path} is not usable: {reason}.",
    help: "Check that the folder exists, belongs to this user and has space.",
  },
  PORT_TAKEN: {
    status: 0,
    sentence: "Port {port} on {host} is taken by another program.",
    help: "Stop the other program, or choose another port with {option}; 0 takes any free one.",
  },
  ADDRESS_UNUSABLE: {
    status: 0,
    sentence: "{host} port {port} cannot be listened on: {reason}.",
    help: "Check {option} and the address of this machine.",
  },
  OPTION_INVALID: {
    status: 0,
    sentence: "{reason}.",
    help: "See `cloud {verb} --help`.",
  },
  FILE_UNREADABLE: {
    status: 0,
    sentence: "{path} cannot be read: {reason}.",
    help: "Check the name and its permissions.",
  },
  FILE_UNWRITABLE: {
    status: 0,
    sentence: "{path} cannot be written: {reason}.",
    help: "Check the folder, its permissions and the free space.",
  },
  FILE_EXISTS: {
    status: 0,
    sentence: "{path} is there already.",
    help: "Choose another name, or replace it with --force.",
  },
  PATCH_UNUSABLE: {
    status: 0,
    sentence: "{path} is no patch that can be used here: {reason}.",
    help: "Check that it is the right file for this OLD; make it again if it was damaged.",
  },
  VERB_UNKNOWN: {
    status: 0,
    sentence: "There is no `cloud {verb}`.",
    help: "`cloud help` lists the verbs and the words that they take.",
  },
  AUDIT_BROKEN: {
    status: 0,
    sentence: "Audit entry {seq} does not fit its chain: {reason}.",
    help: "Someone changed the database. Compare it with a backup; entries before this one are sound.",
  },
} as const satisfies Record<string, RefusalCode>;

export type RefusalName = keyof typeof table;
type Operands = Readonly<Record<string, string | number>>;

/** Every refusal with its status, sentence and help. */
export const REFUSALS: Readonly<Record<RefusalName, RefusalCode>> = table;

/** A request or command that is refused: a code, its operands, and no stack trace for anyone. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly code: RefusalName;
  readonly operands: Operands;
  readonly status: number;
  readonly help: string;

  constructor(code: RefusalName, operands: Operands = {}, options?: { cause: unknown }) {
    super(fill(table[code].sentence, operands), options);
    this.code = code;
    this.operands = operands;
    this.status = table[code].status;
    this.help = fill(table[code].help, operands);
  }
}

function fill(text: string, operands: Operands): string {
  return text.replaceAll(/\{(\w+)\}/g, (hole, name: string) =>
    Object.hasOwn(operands, name) ? String(operands[name]) : hole,
  );
}
