import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ARCHIVE_FAILURES, FAILURES, MAX_ROUNDS, SAME_ATTEMPT_FAILURES } from '../domain/failures';
import type { FailureDefinition } from '../domain/failures';

/** `docs/errors.md` is made from the tables that the code itself uses, so it cannot say anything else. */
export const ERRORS_DOC = join(__dirname, '..', 'docs', 'errors.md');

export function errorsDoc(): string {
  return `# Errors

<!-- Made from domain/failures.ts by \`npm run docs:errors\`. Do not edit. -->

A job that fails ends with an **error** (one of the names below) and a **cause**: JSON text of at most 32,768 characters.

\`\`\`json
{
  "error": "RequestRefused",
  "message": "…",
  "charged": "no",
  "no_task": "likely",
  "job_id": "spring-042",
  "attempt": 1,
  "provider": { "status": 400, "code": "invalid_request", "message": "…", "request_id": "…" }
}
\`\`\`

\`charged\` is the answer for this very job: \`no\`, \`yes\`, or \`unknown\` where only EvoLink can tell. Of a refused submission
\`no_task\` says how sure that is: \`proven\`, or \`likely\` where EvoLink said no in a way that does not prove it; a task that turns up
all the same is booked, and its images are saved beside the job's folder. Of a failed task \`refund\` is \`proven\` or \`open\`: while it
is open, \`charged\` is \`unknown\`, whatever the table below says. \`problems\` lists every fault of a refused request as
\`{path, code, message, got}\`. Match on names and codes; messages may change.

## The job failed

${table(FAILURES)}

**By itself** says how often the workflow makes an attempt in all, at the most, and how long it waits at least between two.
The construct's \`maxAttempts\` limits all of them. Another attempt is another task and another charge, so a failed task is
followed by one only where its refund is proven or no charge is shown at all (with \`requireRefundProof\`: only where it is proven),
and never where EvoLink gives a code that we do not know. What EvoLink turned away (429, 502, 503, no route to the model) is no
failure yet: the same submission is sent again for a quarter of an hour. \`Busy\` wrote nothing and uses up no
attempt: the same one is tried again, in at most ${MAX_ROUNDS} rounds of the job.

## The image is paid, but not in S3

The execution fails in the state \`Archive images\`. The links are kept, and running the state again pays nothing.

${table(ARCHIVE_FAILURES)}

## Names that are not ours

\`States.Timeout\` (nobody answered the job within its time limit, though the sweep should have) and names that begin with
\`Lambda.\` or \`States.\` or that belong to a JavaScript error are faults of the pipeline or of AWS. Whether EvoLink charged
is then in the attempt table, not in the cause.
`;
}

function table(failures: Record<string, FailureDefinition>): string {
  const rows = Object.entries(failures).map(
    ([name, { meaning, charged, startAgain, retry }]) =>
      `| \`${name}\` | ${meaning} | ${charged} | ${retry ? byItself(name, retry) : 'no'} | ${startAgain} |`,
  );
  return ['| error | what it means | charged | by itself | start again |', '|---|---|---|---|---|', ...rows].join('\n');
}

function byItself(name: string, { waitSeconds, maxAttempts }: NonNullable<FailureDefinition['retry']>): string {
  const sameAttempt = SAME_ATTEMPT_FAILURES.some((failure) => failure === name);
  const attempts = maxAttempts === undefined ? 'up to `maxAttempts`' : `up to ${maxAttempts} attempts`;
  return `${sameAttempt ? 'the same attempt' : attempts}, ≥ ${waitSeconds} s`;
}

if (require.main === module) {
  const current = errorsDoc();
  const changed = readFileSync(ERRORS_DOC, { encoding: 'utf8', flag: 'a+' }) !== current;
  writeFileSync(ERRORS_DOC, current);
  console.log(`docs/errors.md ${changed ? 'written' : 'is current'}`);
}
