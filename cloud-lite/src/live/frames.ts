import type { Grant } from "../access/grants.ts";
import type { LiveFeed } from "./feed.ts";
import { visibleChange, visibleProgress, type Topic } from "./topics.ts";

/** One message on the wire: of a change with the id to go on from, of anything else without. */
export interface Frame {
  readonly event: "ready" | "resync" | "change" | "progress" | "alive";
  readonly id?: number;
  readonly data: unknown;
}

interface StreamReader {
  readonly organisationId: string;
  readonly grants: readonly Grant[];
}

interface FrameOptions {
  readonly feed: LiveFeed;
  readonly topic: Topic;
  readonly actor: StreamReader;
  /** The last `seq` that the reader has. */
  readonly after?: number;
  readonly signal: AbortSignal;
  /** Who the reader is by now; undefined ends the stream. Asked with every sign of life. */
  readonly actorNow: () => Promise<StreamReader | undefined>;
  readonly onEnd: () => void;
}

/** The feed as one reader may see it. Ends with the signal, or with the reader's right to read. */
export async function* frames(options: FrameOptions): AsyncGenerator<Frame, void, void> {
  const { feed, topic, signal, after } = options;
  let { grants } = options.actor;
  try {
    for await (const message of feed.follow(options.actor.organisationId, { after, signal })) {
      switch (message.kind) {
        case "ready":
        case "resync": {
          const { kind: event, seq: id, ...data } = message;
          yield { event, id, data };
          break;
        }
        case "change": {
          const data = visibleChange(topic, grants, message.change);
          if (data) yield { event: "change", id: data.seq, data };
          break;
        }
        case "progress": {
          const data = visibleProgress(topic, grants, message.progress);
          if (data) yield { event: "progress", data };
          break;
        }
        case "alive": {
          const actor = await options.actorNow();
          if (!actor) return;
          ({ grants } = actor);
          yield { event: "alive", data: null };
          break;
        }
      }
    }
  } finally {
    options.onEnd();
  }
}
