import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { Duration } from 'aws-cdk-lib';
import {
  DIMENSION,
  METERED_VARIANTS,
  METRIC,
  METRICS_NAMESPACE,
  NO_QUALITY,
  SERVICE_DIMENSION,
} from '../../domain/constants';
import { FAILURE_NAMES } from '../../domain/failures';
import { MODELS } from '../../domain/models';
import { flatten, resource, synth } from './support';

const { pipeline, json, stack } = synth();

describe.each(Object.values(METRIC))('%s', (metricName) => {
  const metric = (props?: MetricOptions): Metric => {
    const method = `metric${metricName}` as 'metricImages';
    return pipeline[method](props);
  };

  test('has a method of its name, under the dimension of this pipeline', () => {
    expect(metric()).toMatchObject({
      namespace: METRICS_NAMESPACE,
      metricName,
      dimensions: { [SERVICE_DIMENSION]: pipeline.serviceName },
    });
  });

  test('takes options, and adds dimensions to its own', () => {
    const options = {
      statistic: 'Minimum',
      period: Duration.hours(2),
      dimensionsMap: { [DIMENSION.errorName]: 'Busy' },
    };

    expect(metric(options)).toMatchObject({
      statistic: 'Minimum',
      period: Duration.hours(2),
      dimensions: { [SERVICE_DIMENSION]: pipeline.serviceName, [DIMENSION.errorName]: 'Busy' },
    });
  });
});

test('functions emit under the same name and namespace', () => {
  const named = synth(() => ({ metricsNamespace: 'Acme' }));
  const { Variables } = resource(named.json, 'AWS::Lambda::Function', 'Archive').Properties.Environment;

  expect(Variables.POWERTOOLS_SERVICE_NAME).toBe(named.pipeline.serviceName);
  expect(Variables.POWERTOOLS_METRICS_NAMESPACE).toBe('Acme');
  expect(named.pipeline.metricImages().namespace).toBe('Acme');
});

describe('the dashboard', () => {
  const body = JSON.parse(flatten(resource(json, 'AWS::CloudWatch::Dashboard').Properties.DashboardBody)) as {
    widgets: { properties: { metrics: unknown[][] } }[];
  };
  const metrics = body.widgets.flatMap(({ properties }) => properties.metrics);

  test('shows every metric of the pipeline', () => {
    expect(new Set(metrics.map(([, name]) => name))).toEqual(new Set(Object.values(METRIC)));
  });

  test('uses plain metrics of this pipeline alone: a namespace, a name and dimensions, never an expression', () => {
    for (const metric of metrics) {
      expect(metric[0]).toBe(METRICS_NAMESPACE);
      expect(metric[metric.indexOf(SERVICE_DIMENSION) + 1]).toBe(pipeline.serviceName);
    }
  });

  test('breaks failures down by every name, and credits by every model and quality', () => {
    const text = JSON.stringify(metrics);

    for (const name of FAILURE_NAMES) expect(text).toContain(`"${DIMENSION.errorName}","${name}"`);
    for (const { model, quality } of METERED_VARIANTS) {
      expect(text).toContain(`"${DIMENSION.model}","${model}","${DIMENSION.quality}","${quality}"`);
    }
  });

  test('is named by CloudFormation, and linked', () => {
    expect(resource(json, 'AWS::CloudWatch::Dashboard').Properties).not.toHaveProperty('DashboardName');
    expect(JSON.stringify(stack.resolve(pipeline.dashboardUrl))).toContain('#dashboards/dashboard/');
  });
});

test('every model and quality that can be asked for is metered', () => {
  const variants = MODELS.flatMap(({ name, qualities }) =>
    (qualities.length > 0 ? qualities : [NO_QUALITY]).map((quality) => ({ model: name, quality })),
  );

  expect(METERED_VARIANTS).toEqual(variants);
});
