import { signal, type ReadonlySignal } from "@preact/signals";
import type { GatewayState } from "../../gateway-state.ts";

/** What the page knows of its gateway. */
export interface Connection {
  /** The last state that arrived; it stays when the gateway falls silent. */
  readonly state: ReadonlySignal<GatewayState | undefined>;
  /** Since when the gateway has been silent, UTC ms; undefined while it answers or before its first word. */
  readonly silentSince: ReadonlySignal<number | undefined>;
  close(): void;
}

/** The gateway gives a sign of life every 5 s; two missed ones and some slack mean silence. */
const SILENT_AFTER_MS = 12_000;
/** EventSource gives up for good on some errors (a proxy's 502, say). */
const RECONNECT_AFTER_MS = 2_000;

/** Follows the gateway's state stream and comes back by itself when it breaks. */
export function connect(url: string): Connection {
  const state = signal<GatewayState | undefined>(undefined);
  const silentSince = signal<number | undefined>(undefined);
  let source: EventSource | undefined;
  let watch: ReturnType<typeof setTimeout> | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;

  const fallSilent = () => {
    clearTimeout(watch);
    if (state.value) silentSince.value ??= Date.now();
  };
  const reopen = () => {
    fallSilent();
    source?.close();
    clearTimeout(retry);
    retry = setTimeout(open, RECONNECT_AFTER_MS);
  };
  const heard = () => {
    silentSince.value = undefined;
    clearTimeout(watch);
    watch = setTimeout(reopen, SILENT_AFTER_MS);
  };
  const open = () => {
    source = new EventSource(url);
    source.addEventListener("state", (event) => {
      state.value = JSON.parse(event.data) as GatewayState;
      heard();
    });
    source.addEventListener("alive", heard);
    source.addEventListener("error", () =>
      source?.readyState === EventSource.CLOSED ? reopen() : fallSilent(),
    );
  };

  open();
  return {
    state,
    silentSince,
    close: () => {
      source?.close();
      clearTimeout(watch);
      clearTimeout(retry);
    },
  };
}
