import { failureHelp, failureSentence } from "@halfshaft/ota-format";
import type { GatewayState, JobState } from "../../../gateway-state.ts";
import type { Texts } from "../../texts.en.ts";
import { clockTime, fill, moment } from "../../view/format.ts";
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
  const views = new Map(unitViews(state, texts).map((unit) => [unit.ecuId, unit]));
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
        {state.ecus.map(({ ecuId, name, hardwareId, version }) => (
          <tr key={ecuId}>
            <th scope="row">
              {name}
              <small>{views.get(ecuId)?.word}</small>
            </th>
            <td class="identifier">{ecuId}</td>
            <td class="identifier">{hardwareId}</td>
            <td class="identifier">{version ?? texts.unit.unknown}</td>
          </tr>
        ))}
      </tbody>
    </table>
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
    </>
  );
}
