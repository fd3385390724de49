import { Rail } from "@halfshaft/ui-kit";
import { useEffect, useState } from "preact/hooks";
import type { Texts } from "../../texts.en.ts";
import { view } from "../../view.ts";
import type { Action } from "../../view/model.ts";
import type { Connection } from "../connection.ts";
import { post } from "../requests.ts";
import { themeOf } from "../theme.ts";
import { Panel, type PanelPart } from "./panel.tsx";
import { Say } from "./say.tsx";
import { TopBar } from "./top-bar.tsx";
import { UnitMap } from "./unit-map.tsx";

interface AppProps {
  readonly connection: Connection;
  readonly texts: Texts;
  /** When the page was opened, ms of the same clock as `Date.now()`. */
  readonly openedAt: number;
}

const TICK_MS = 1000;
/** Until the first state has come the page's words change faster. */
const FIRST_TICK_MS = 50;

/** The whole page: top bar, what to say, the vehicle, the nine steps. */
export function App({ connection, texts, openedAt }: AppProps) {
  const state = connection.state.value;
  const silentSince = connection.silentSince.value;
  const now = useNow(state ? TICK_MS : FIRST_TICK_MS);
  const [busy, setBusy] = useState<Action["verb"]>();
  const [refusal, setRefusal] = useState<string>();
  const [panel, setPanel] = useState<PanelPart>();
  const shown = view(state, { now, texts, silentSince, waitedMs: now - openedAt, refusal });
  const jobId = state?.job?.jobId;

  useTheme(state?.vehicle.night);
  useEffect(() => {
    document.title = `${shown.headline} – ${texts.title}`;
    document.documentElement.lang = texts.locale.slice(0, 2);
  }, [shown.headline, texts]);
  // A refusal belongs to the state in which it was spoken.
  useEffect(() => setRefusal(undefined), [state?.job?.stage, state?.job?.outcome?.kind, jobId]);

  const act = async ({ verb }: Action) => {
    if (verb === "details" || verb === "changes") return setPanel(verb);
    if (verb === "call") return;
    setBusy(verb);
    const request = verb === "check" ? {} : verb === "acknowledge" ? { jobId } : { jobId, decision: verb };
    const path = verb === "check" || verb === "acknowledge" ? verb : "consent";
    setRefusal(await post(path, request, texts.unreachable.headline));
    setBusy(undefined);
  };

  return (
    <>
      <TopBar state={state} silent={silentSince !== undefined} now={now} texts={texts} />
      <main class={shown.alone ? "stage alone" : "stage"}>
        <Say
          view={shown}
          busy={busy}
          progressLabel={texts.progress.label}
          onAction={(action) => void act(action)}
        />
        {!shown.alone && <UnitMap units={shown.units} label={texts.units.label} />}
      </main>
      <footer>
        {shown.rail && <Rail label={texts.rail.label} status={shown.status.name} {...shown.rail} />}
      </footer>
      {state && panel && !shown.alone && (
        <Panel part={panel} state={state} texts={texts} onClose={() => setPanel(undefined)} />
      )}
    </>
  );
}

function useNow(tickMs: number): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), tickMs);
    return () => clearInterval(timer);
  }, [tickMs]);
  return now;
}

function useTheme(night: boolean | undefined): void {
  useEffect(() => {
    const system = matchMedia("(prefers-color-scheme: dark)");
    const apply = () => {
      document.documentElement.dataset["theme"] = themeOf(location.search, night, system.matches);
    };
    apply();
    system.addEventListener("change", apply);
    return () => system.removeEventListener("change", apply);
  }, [night]);
}
