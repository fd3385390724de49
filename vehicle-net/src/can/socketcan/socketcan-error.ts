import { CanError } from "../bus.ts";

export const interfaceDown = (name: string, cause?: unknown): CanError =>
  new CanError("interface-down", `The interface ${name} is down.`, {
    help: `Bring it up with: ip link set ${name} up (a real controller before that: ip link set ${name} type can bitrate 500000).`,
    cause,
  });

export const interfaceDeleted = (name: string, cause?: unknown): CanError =>
  new CanError("interface-deleted", `The interface ${name} is gone: unplugged or deleted.`, {
    help: "Plug the adapter in again, see its name with ip -br link (it may have changed), and open it anew.",
    cause,
  });

export const busOff = (name: string): CanError =>
  new CanError("bus-off", `The controller of ${name} is bus-off.`, {
    help: `Find what destroys its frames (wiring, termination, bit rate), then: ip link set ${name} down; ip link set ${name} up. To recover by itself: ip link set ${name} type can restart-ms 100.`,
  });

/** Not "buffer full", as ENOBUFS reads: frames pile up because the oldest one is never acknowledged. */
export const noAcknowledge = (name: string, waitedMs: number): CanError =>
  new CanError("no-acknowledge", `No frame has left ${name} for ${waitedMs} ms: nobody acknowledges.`, {
    help: "Check that another node is powered and on the bus, and that both have the same bit rate.",
  });

export const droppedInQueue = (name: string, id: number): CanError =>
  new CanError(
    "no-acknowledge",
    `The queue of ${name} dropped the frame 0x${id.toString(16)} before it left.`,
    {
      help: `Was the interface restarted meanwhile? A longer queue: ip link set ${name} txqueuelen 1000.`,
    },
  );

export const notExpressible = (name: string): CanError =>
  new CanError("frame-not-supported", `The interface ${name} takes classic CAN frames only.`, {
    help: `Switch it to CAN FD (ip link set ${name} mtu 72; a real controller: type can dbitrate 2000000 fd on), or send classic frames.`,
  });
