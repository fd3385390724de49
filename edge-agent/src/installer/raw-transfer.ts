import { createHash } from "node:crypto";
import { type EcuProfile, readDid } from "@halfshaft/vehicle-net/ecu";
import type { UdsClient } from "@halfshaft/vehicle-net/uds";
import { Blocks } from "./blocks.ts";
import type { ImageToInstall, InstallOptions } from "./installer.ts";
import { persist } from "./persist.ts";
import type { Transfer } from "./transfer.ts";

/** How much of an image is hashed at a time when looking where to go on. */
const HASH_PIECE_BYTES = 65_536;

/** The image as it is, segment by segment. */
export class RawTransfer implements Transfer {
  readonly kind = "raw";
  readonly #client: UdsClient;
  readonly #profile: EcuProfile;
  readonly #image: ImageToInstall;
  readonly #options: InstallOptions;
  readonly #blocks: Blocks;
  resumedAtBytes = 0;

  constructor(client: UdsClient, profile: EcuProfile, image: ImageToInstall, options: InstallOptions) {
    this.#client = client;
    this.#profile = profile;
    this.#image = image;
    this.#options = options;
    this.#blocks = new Blocks(client, profile, options);
  }

  get resumes(): boolean {
    return this.resumedAtBytes > 0;
  }

  get totalBytes(): number {
    return this.#image.source.length;
  }

  get transferredBytes(): number {
    return this.#blocks.sentBytes;
  }

  get repeatedBlocks(): number {
    return this.#blocks.repeatedBlocks;
  }

  /** The prefix of the digest tells this image from another that was begun. */
  async findResume(): Promise<void> {
    this.resumedAtBytes = 0;
    if (this.#profile.dids.resumeOffset === undefined) return;
    const { offset, digestPrefix } = await persist(() =>
      readDid(this.#client, this.#profile, "resumeOffset", this.#options),
    );
    if (offset === 0 || offset > this.#image.source.length) return;
    const hash = createHash("sha256");
    for (let at = 0; at < offset; at += HASH_PIECE_BYTES) {
      hash.update(await this.#image.source.read(at, Math.min(HASH_PIECE_BYTES, offset - at)));
    }
    const isThis = hash.digest().subarray(0, digestPrefix.length).equals(digestPrefix);
    if (isThis) this.resumedAtBytes = offset;
  }

  async run(): Promise<void> {
    const { source, segments } = this.#image;
    const dataFormat = this.#profile.transfer.dataFormats.raw;
    let start = 0;
    for (const { address, length } of segments) {
      const done = Math.max(0, Math.min(length, this.resumedAtBytes - start));
      const memory = { address: address + done, length: length - done };
      if (done < length) {
        await this.#blocks.run({ dataFormat, memory, source, from: start + done, to: start + length });
      }
      start += length;
    }
  }
}
