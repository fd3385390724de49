import { CanError } from "../bus.ts";

export const lostConnection = (path: string, cause?: unknown): CanError =>
  new CanError("lost-connection", `The adapter at ${path} is gone, or answers no longer.`, {
    help: "Plug it in again: it is opened by itself when it is back. A name that stays: /dev/serial/by-id/….",
    cause,
  });

export const busOff = (path: string): CanError =>
  new CanError("bus-off", `The controller of the adapter at ${path} is bus-off.`, {
    help: "Find what destroys its frames (wiring, termination, bit rate), then close the bus and open it anew.",
  });

/** A full queue, as the adapter sees it: its frames are not acknowledged, so they do not leave. */
export const notAcknowledged = (path: string): CanError =>
  new CanError("no-acknowledge", `The adapter at ${path} could not send the frame: nobody acknowledges.`, {
    help: "Check that another node is powered and on the bus, and that both have the same bit rate.",
  });
