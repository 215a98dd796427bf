/** The words on the dashboard: the prices that the figures are made with, and where to look further. */
import { Stack } from 'aws-cdk-lib';
import { type IWidget, TextWidget } from 'aws-cdk-lib/aws-cloudwatch';
import { CREDITS_PER_USD, formatTenMillionths } from '../domain/credits';
import { DEFAULT_PRICES, type ModelPrices } from '../domain/prices';
import { HALF_WIDTH } from './dashboard-widgets';
import type { PipelineDashboardProps } from './pipeline-dashboard';
import { renderPrices } from './prices';

/** One row. */
export function textRow(props: PipelineDashboardProps): IWidget[] {
  return [text(links(props)), text(prices(props))];
}

function text(lines: string[]): TextWidget {
  return new TextWidget({ markdown: lines.join('\n'), width: HALF_WIDTH, height: 9 });
}

function links({ pipeline, functions, stateMachine, table, runbookUrl }: PipelineDashboardProps): string[] {
  const { region } = Stack.of(pipeline);
  const console = (service: string, page: string) =>
    `https://${region}.console.aws.amazon.com/${service}/home?region=${region}#${page}`;
  const { validate, submit, dispatch, callback, sweep, ended, archive, reconcile } = functions;
  const all = { validate, submit, dispatch, callback, sweep, ended, archive, reconcile };
  const logs = Object.entries(all).map(
    ([name, { logGroup }]) =>
      `[${name}](${console('cloudwatch', `logsV2:log-groups/log-group/${logGroup.logGroupName}`)})`,
  );
  // Not the stack: only its owner knows whether it has the outputs by which the command line finds a pipeline.
  const thisOne = `--table ${table.tableName} --region ${region}`;
  return [
    '### Look further',
    `- What each alarm means and what to do: ${link('the runbook', runbookUrl)}`,
    `- [Jobs](${console('states', `/statemachines/view/${stateMachine.stateMachineArn}`)}) and their logs: ${logs.join(', ')}`,
    `- [Logs Insights](${console('cloudwatch', 'logsV2:logs-insights')}) over these log groups, what went wrong:`,
    '`filter level in ["WARN", "ERROR"] | fields @timestamp, level, message, job_id, error_name, error_message | sort @timestamp desc`',
    '- One job:',
    '`filter job_id = "spring-campaign-042" | fields @timestamp, message | sort @timestamp`',
    `- Who spent it, exactly: \`npx evolink-images ledger --from 2026-11-01 --to 2026-11-30 --group-by tenant ${thisOne}\``,
    `- Stop new jobs at once: \`npx evolink-images pause ${thisOne}\``,
  ];
}

/** Markdown needs an address; a path of the package is shown as it is. */
function link(label: string, url: string): string {
  return /^https?:/.test(url) ? `[${label}](${url})` : `\`${url}\``;
}

function prices(props: PipelineDashboardProps): string[] {
  const own = props.prices && renderPrices(props.prices);
  const table = own ?? DEFAULT_PRICES;
  const rows = { ...DEFAULT_PRICES.models, ...own?.models };
  return [
    `### Prices: ${table.version}`,
    `As of ${table.date}, from ${table.source}. ${CREDITS_PER_USD} credits = 1 USD. The ledger is the truth; metrics are made from it.`,
    '',
    '| model | | credits |',
    '|---|---|---|',
    ...Object.entries(rows).flatMap(([model, row]) =>
      priceLines(row).map(([what, amount]) => `| ${model} | ${what} | ${formatTenMillionths(amount)} |`),
    ),
  ];
}

/** Tokens are priced by the thousand, as EvoLink's own page shows them. */
function priceLines(row: ModelPrices): [what: string, amount: number][] {
  if (row.billing === 'per_call') {
    return Object.entries(row.call).map(([tier, amount]) => [`image of ${tier}`, amount]);
  }
  return [
    ['1,000 tokens of a picture', row.imageOutput * 1_000],
    ['1,000 tokens of a reference', row.imageInput * 1_000],
    ['1,000 tokens of a reference, cached', row.imageCachedInput * 1_000],
    ['1,000 tokens of the prompt', row.textInput * 1_000],
    ['1,000 tokens of the prompt, cached', row.textCachedInput * 1_000],
    ...(row.textOutput === undefined ? [] : [written(row.textOutput)]),
  ];
}

const written = (price: number): [what: string, amount: number] => ['1,000 tokens of text beside it', price * 1_000];
