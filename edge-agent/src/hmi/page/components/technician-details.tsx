import { failureHelp, failureSentence } from "@halfshaft/ota-format";
import type { GatewayState, JobState } from "../../../gateway-state.ts";
import type { Texts } from "../../texts.en.ts";
import { clockTime, elapsed, fill, moment } from "../../view/format.ts";
import type { UnitView } from "../../view/model.ts";
import { unitViews } from "../../view/units.ts";

interface TechnicianDetailsProps {
  readonly state: GatewayState;
  readonly texts: Texts;
}

/** Ids, versions, codes and bytes: what is said on the phone and written on the repair order. */
export function TechnicianDetails({ state, texts }: TechnicianDetailsProps) {
  const { job, lastCheckAt } = state;
  const { details } = texts;
  const checked = lastCheckAt === undefined ? details.never : moment(lastCheckAt, state.at, { texts });
  return (
    <div class="technician">
      {job?.outcome?.failure && <Failure failure={job.outcome.failure} texts={texts} />}
      <UnitTable state={state} texts={texts} />
      <dl>
        {job && <JobRows job={job} texts={texts} />}
        <dt>{details.lastCheck}</dt>
        <dd>{checked}</dd>
      </dl>
    </div>
  );
}

type FailureRecord = NonNullable<NonNullable<JobState["outcome"]>["failure"]>;

function Failure({ failure, texts }: { failure: FailureRecord; texts: Texts }) {
  const { code, operands } = failure;
  return (
    <dl class="failure">
      <dt>{texts.details.failure}</dt>
      <dd>
        <b class="identifier">{code}</b>
        <br />
        {failureSentence(code, operands)}
      </dd>
      <dt>{texts.details.help}</dt>
      <dd>{failureHelp(code, operands)}</dd>
    </dl>
  );
}

function UnitTable({ state, texts }: TechnicianDetailsProps) {
  const { details } = texts;
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">{details.unit}</th>
          <th scope="col">{details.serial}</th>
          <th scope="col">{details.hardware}</th>
          <th scope="col">{details.version}</th>
        </tr>
      </thead>
      <tbody>
        {unitViews(state, texts).map((unit) => (
          <UnitRow key={unit.ecuId} unit={unit} state={state} texts={texts} />
        ))}
      </tbody>
    </table>
  );
}

/** Version that runs, and while the job runs the one that comes; the status only where it says more than the version. */
function UnitRow({ unit, state, texts }: TechnicianDetailsProps & { unit: UnitView }) {
  const ecu = state.ecus.find(({ ecuId }) => ecuId === unit.ecuId);
  const part = state.job?.outcome ? undefined : state.job?.ecus.find(({ ecuId }) => ecuId === unit.ecuId);
  const to = part?.toVersion;
  const runs = ecu?.version ?? texts.unit.unknown;
  const version = to === undefined || to === runs ? runs : fill(texts.unit.planned, { from: runs, to });
  return (
    <tr>
      <th scope="row">
        {unit.name}
        {!version.includes(unit.word) && <small>{unit.word}</small>}
      </th>
      <td class="identifier">{unit.ecuId}</td>
      <td class="identifier">{ecu?.hardwareId}</td>
      <td class="identifier">{version}</td>
    </tr>
  );
}

function JobRows({ job, texts }: { job: JobState; texts: Texts }) {
  const { details } = texts;
  const { download } = job;
  const stage =
    job.stage === "consent"
      ? texts.status.offered
      : job.stage === "readiness"
        ? texts.status.safeState
        : texts.step[job.stage];
  return (
    <>
      <dt>{details.release}</dt>
      <dd>{job.release.name}</dd>
      <dt>{details.job}</dt>
      <dd>
        <span class="identifier">{job.jobId}</span>, {fill(details.attempt, { n: job.attempt })}
      </dd>
      <dt>{details.stage}</dt>
      <dd>{fill(details.since, { stage, time: clockTime(job.stageSince, { texts }) })}</dd>
      {download && (
        <>
          <dt>{details.download}</dt>
          <dd class="figures">
            {fill(details.bytes, {
              received: download.receivedBytes.toLocaleString(texts.locale),
              total: download.totalBytes.toLocaleString(texts.locale),
            })}
          </dd>
        </>
      )}
      <TransportRows job={job} texts={texts} />
    </>
  );
}

/** How the software of each unit gets there, with what the plan estimated for it. */
function TransportRows({ job, texts }: { job: JobState; texts: Texts }) {
  const { title, ...sentences } = texts.details.transport;
  const lines = job.ecus.flatMap(({ name, transport }) => {
    if (!transport) return [];
    const bytes = transport.busBytes.toLocaleString(texts.locale);
    const time = elapsed(transport.estimateMs, texts);
    return [fill(sentences[transport.transport], { name, bytes, time })];
  });
  if (lines.length === 0) return null;
  return (
    <>
      <dt>{title}</dt>
      {lines.map((line) => (
        <dd key={line} class="figures">
          {line}
        </dd>
      ))}
    </>
  );
}
