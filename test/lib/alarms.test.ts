import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { METRICS_NAMESPACE, SERVICE_DIMENSION } from '../../domain/constants';
import { METRIC_DIMENSIONS, type MetricName } from '../../domain/metric-series';
import { Budget } from '../../lib';
import { flatten, synth } from './support';

interface AlarmProperties {
  readonly AlarmDescription: unknown;
  readonly Namespace: string;
  readonly MetricName: MetricName;
  readonly Dimensions: { Name: string; Value: string }[];
  readonly TreatMissingData: string;
  readonly Metrics?: unknown;
}

const { json, pipeline } = synth(() => ({
  budgets: [Budget.daily(50), Budget.monthly(9, { perTenant: true }), Budget.monthly(70, { tenant: 'shop' })],
  tenants: ['shop'],
  alarms: { spendPerHourUsd: 5, creditsRemaining: 100 },
}));
const alarms = Object.entries(json.Resources)
  .filter(([, { Type }]) => Type === 'AWS::CloudWatch::Alarm')
  .map(([id, { Properties }]) => [id, Properties as AlarmProperties] as const);
const runbook = readFileSync(join(__dirname, '../../docs/runbook.md'), 'utf8');

test('there is one for each way in which money or work gets lost', () => {
  const text = alarms.map(([id]) => id).join(' ');
  for (const name of [
    ...['SpendPerHour', 'CreditsLeft', 'DaysLeft', 'FailureRate', 'OldestOpenAttempt'],
    ...['LedgerDrift', 'GaugesMissing', 'Unauthorized', 'InsufficientCredits'],
    ...['AttemptsLost', 'ResultBlocked', 'DeadLetters'],
  ]) {
    expect(text).toContain(name);
  }
  expect(alarms.filter(([, { MetricName }]) => MetricName === 'BudgetUsePercent').length).toBeGreaterThanOrEqual(4);
});

const ofSqs = alarms.filter(([, { Namespace }]) => Namespace === 'AWS/SQS');
const ours = alarms.filter((alarm) => !ofSqs.includes(alarm));

test('dead letters are counted by SQS itself', () => {
  expect(ofSqs.map(([, { MetricName, Dimensions }]) => [MetricName, Dimensions.map(({ Name }) => Name)])).toEqual([
    ['ApproximateNumberOfMessagesVisible', ['QueueName']],
  ]);
});

test.each(ours)('%s watches a plain metric, under dimensions with which it is emitted', (_, alarm) => {
  const dimensions = alarm.Dimensions.map(({ Name }) => Name).filter((name) => name !== SERVICE_DIMENSION);

  expect(alarm.Metrics).toBeUndefined();
  expect(alarm.Namespace).toBe(METRICS_NAMESPACE);
  expect(alarm.Dimensions).toContainEqual({ Name: SERVICE_DIMENSION, Value: pipeline.serviceName });
  expect(METRIC_DIMENSIONS[alarm.MetricName].map((set) => [...set].sort())).toContainEqual(dimensions.sort());
});

test.each(alarms)('%s links to a section of the runbook that exists', (_, alarm) => {
  const [, section] = /runbook\.md#([a-z0-9-]+)/.exec(flatten(alarm.AlarmDescription)) ?? [];

  const headings = [...runbook.matchAll(/^## (.+)$/gm)].map(([, heading = '']) => heading.toLowerCase());
  expect(headings.map((heading) => heading.replace(/[^a-z0-9 -]/g, '').replaceAll(' ', '-'))).toContain(section);
});

test('silence of the sweep and of reconcile is heard', () => {
  const breaching = alarms.filter(([, { TreatMissingData }]) => TreatMissingData === 'breaching').map(([id]) => id);
  expect(breaching.join(' ')).toMatch(/OldestOpenAttempt/);
  expect(breaching.join(' ')).toMatch(/GaugesMissing/);
});
