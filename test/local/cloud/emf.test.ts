import fc from 'fast-check';
import { metricsOf } from '../../../local/cloud/emf';

const LINE = {
  _aws: {
    Timestamp: 1_790_000_000_000,
    CloudWatchMetrics: [
      {
        Namespace: 'Pipeline',
        Dimensions: [['service'], ['service', 'Model']],
        Metrics: [{ Name: 'CreditsUsed', Unit: 'None' }, { Name: 'Images' }],
      },
    ],
  },
  service: 'pipeline-1',
  Model: 'gpt-image-2',
  CreditsUsed: 0.3682,
  Images: [2, 1],
  job_id: 'metadata, no metric',
};

test('gives every metric under every dimension set, with all of its values', () => {
  const found = metricsOf(JSON.stringify(LINE));

  const service = { Name: 'service', Value: 'pipeline-1' };
  const model = { Name: 'Model', Value: 'gpt-image-2' };
  const at = new Date(1_790_000_000_000);
  expect(found).toEqual([
    {
      namespace: 'Pipeline',
      datum: { MetricName: 'CreditsUsed', Unit: 'None', Timestamp: at, Dimensions: [service], Values: [0.3682] },
    },
    {
      namespace: 'Pipeline',
      datum: { MetricName: 'Images', Unit: undefined, Timestamp: at, Dimensions: [service], Values: [2, 1] },
    },
    {
      namespace: 'Pipeline',
      datum: { MetricName: 'CreditsUsed', Unit: 'None', Timestamp: at, Dimensions: [service, model], Values: [0.3682] },
    },
    {
      namespace: 'Pipeline',
      datum: { MetricName: 'Images', Unit: undefined, Timestamp: at, Dimensions: [service, model], Values: [2, 1] },
    },
  ]);
});

test('finds the blob behind what a runtime puts before a line', () => {
  expect(metricsOf(`2026-11-02T10:00:00Z\tINFO\t${JSON.stringify(LINE)}`)).toHaveLength(4);
});

test('a metric without a number is left out', () => {
  expect(metricsOf(JSON.stringify({ ...LINE, Images: 'many' })).map(({ datum }) => datum.MetricName)).toEqual([
    'CreditsUsed',
    'CreditsUsed',
  ]);
});

test('any other line gives nothing and breaks nothing', () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (line) => metricsOf(line).length === 0));
});
