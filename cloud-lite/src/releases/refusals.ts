import type { RefusalCode } from "../refusal-code.ts";

/** Releases, images and deltas. */
export const RELEASE_REFUSALS = {
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
  RELEASE_IN_USE: {
    status: 409,
    sentence: 'Release "{name}" is the one of campaign {campaignId}.',
    help: "A release that a campaign refers to stays. Withdraw it, so that it is offered no more.",
  },
  REQUIREMENTS_UNMET: {
    status: 409,
    sentence: 'Release "{name}" fits no vehicle: {reason}.',
    help: "Add the missing image, correct `requires` of the image, or publish what it needs first.",
  },
  REQUIREMENTS_TANGLED: {
    status: 422,
    sentence: 'What the images of release "{name}" demand of each other is too tangled to be checked.',
    help: "Withdraw releases that no vehicle needs, or demand less: bounds in place of many exact versions.",
  },
  UPLOAD_UNKNOWN: {
    status: 404,
    sentence: "There is no upload {sha256}.",
    help: "Begin it with POST /api/v1/uploads; one that nobody goes on with is removed after a day.",
  },
  UPLOAD_TOO_LARGE: {
    status: 413,
    sentence: "A file of {length} bytes is larger than the {limit} bytes that {option} allows.",
    help: "Raise {option} of the cloud, or make the file smaller.",
  },
  UPLOAD_QUOTA: {
    status: 409,
    sentence: "{limit} uploads wait already, and {option} allows no more.",
    help: "Delete some that are used or given up (GET /api/v1/uploads lists them), or raise {option}.",
  },
  UPLOAD_DIFFERS: {
    status: 409,
    sentence: "Upload {sha256} was begun with {length} bytes.",
    help: "A digest has one length. Check the file, or delete that upload.",
  },
  UPLOAD_OFFSET_WRONG: {
    status: 409,
    sentence: "Upload {sha256} has {received} bytes; these begin at {offset}.",
    help: "Go on at the Upload-Offset of this answer.",
  },
  UPLOAD_OVERLONG: {
    status: 422,
    sentence: "Upload {sha256} has {length} bytes; more came.",
    help: "Check that it is the file that the upload was begun for. Nothing of this request was kept.",
  },
  UPLOAD_DIGEST_WRONG: {
    status: 422,
    sentence: "What was uploaded as {sha256} has the digest {found}.",
    help: "The file changed or was damaged on its way. Send it again from the beginning.",
  },
  UPLOAD_UNFINISHED: {
    status: 409,
    sentence: "Upload {sha256} has {received} of {length} bytes.",
    help: "Send the rest first: PATCH /api/v1/uploads/{sha256}.",
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
  UPLOAD_EMPTY: {
    status: 422,
    sentence: "The upload for {hardwareId} has no bytes.",
    help: "Check the file: where it cannot be read, curl sends nothing.",
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
} as const satisfies Record<string, RefusalCode>;
