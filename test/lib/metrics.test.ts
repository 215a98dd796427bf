import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { Duration } from 'aws-cdk-lib';
import { COMMANDS } from '../../bin/commands';
import { readArguments } from '../../bin/commands/arguments';
import {
  DASHBOARD_FAILURES,
  DIMENSION,
  METRIC,
  METRICS_NAMESPACE,
  NO_QUALITY,
  SERVICE_DIMENSION,
} from '../../domain/constants';
import { readModels } from '../../domain/model-rules';
import { METRIC_DIMENSIONS, type MetricName } from '../../domain/metric-series';
import { meteredVariants, MODELS, withModels } from '../../domain/models';
import { Budget } from '../../lib';
import { flatten, PRICES, resource, synth } from './support';

const { pipeline, json, stack } = synth();

interface LoggingFunction {
  readonly Properties: { readonly LoggingConfig: { readonly LogGroup: unknown } };
}

/** As the functions read it. */
const OWN = readModels([{ name: 'gpt-image-3', like: 'gpt-image-2', qualities: { draft: 8 } }]).models;

/** Its first argument names the budget. */
const PLAIN = Object.values(METRIC).filter((name) => name !== METRIC.budgetUsePercent);

describe.each(PLAIN)('%s', (metricName) => {
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

test('the use of a budget is a metric under its id', () => {
  expect(pipeline.metricBudgetUsePercent('all-day')).toMatchObject({
    metricName: METRIC.budgetUsePercent,
    dimensions: { [SERVICE_DIMENSION]: pipeline.serviceName, [DIMENSION.budget]: 'all-day' },
  });
});

describe('the dashboard', () => {
  const full = synth(() => ({
    budgets: [Budget.daily(50), Budget.monthly(9, { perTenant: true })],
    tenants: ['shop'],
    models: OWN.map(({ name }) => ({ name, like: 'gpt-image-2', qualities: { draft: 8 } })),
    prices: { ...PRICES, models: { 'gpt-image-3': PRICES.models['gpt-image-2'] } },
  }));
  const body = JSON.parse(flatten(resource(full.json, 'AWS::CloudWatch::Dashboard').Properties.DashboardBody)) as {
    widgets: { properties: { metrics?: unknown[][]; markdown?: string } }[];
  };
  const text = body.widgets.map(({ properties: { markdown = '' } }) => markdown).join('\n');
  const metrics = body.widgets.flatMap(({ properties }) => properties.metrics ?? []);

  test('shows every metric of the pipeline', () => {
    expect(new Set(metrics.map(([, name]) => name))).toEqual(new Set(Object.values(METRIC)));
  });

  test('uses plain metrics alone, under dimensions with which they are emitted', () => {
    for (const [namespace, name, ...rest] of metrics) {
      const pairs = rest.filter((cell): cell is string => typeof cell === 'string');
      const dimensions = pairs.filter((_, index) => index % 2 === 0).filter((key) => key !== SERVICE_DIMENSION);

      expect(namespace).toBe(METRICS_NAMESPACE);
      expect(pairs[pairs.indexOf(SERVICE_DIMENSION) + 1]).toBe(full.pipeline.serviceName);
      expect(METRIC_DIMENSIONS[name as MetricName].map((set) => [...set].sort())).toContainEqual(dimensions.sort());
    }
  });

  test('breaks failures down by those that somebody acts on, and cost by every model and quality and tenant', () => {
    const shown = JSON.stringify(metrics);

    for (const name of DASHBOARD_FAILURES) expect(shown).toContain(`"${DIMENSION.errorName}","${name}"`);
    for (const { model, quality } of meteredVariants(withModels(OWN))) {
      expect(shown).toContain(`"${DIMENSION.model}","${model}"`);
      expect(shown).toContain(`"${DIMENSION.quality}","${quality}"`);
    }
    expect(shown).toContain(`"${DIMENSION.tenant}","shop"`);
  });

  test('links the log of every function', () => {
    const functions = Object.values(full.template.findResources('AWS::Lambda::Function')) as LoggingFunction[];

    expect(functions.length).toBeGreaterThan(0);
    for (const { Properties } of functions) {
      const group = flatten(Properties.LoggingConfig.LogGroup);
      expect(text).toContain(`#logsV2:log-groups/log-group/${group})`);
    }
  });

  test('has commands that reach this pipeline, whatever its stack is called, and that the command line takes', () => {
    const commands = [...text.matchAll(/`npx evolink-images ([^`]+)`/g)].map(([, command = '']) => command);
    const table = Object.keys(full.template.findResources('AWS::DynamoDB::GlobalTable'))[0];

    expect(commands.map((command) => command.split(' ')[0])).toEqual(['ledger', 'pause']);
    for (const command of commands) {
      const [name, ...rest] = command.split(' ');
      const options = COMMANDS.find((known) => known.name === name)?.options ?? {};
      const args = readArguments(rest, options);

      expect(args.problems).toEqual([]);
      expect(args.text('table')).toContain(table);
      expect(args.text('region')).toContain('AWS::Region');
    }
  });

  test('is named by CloudFormation, and linked', () => {
    expect(resource(json, 'AWS::CloudWatch::Dashboard').Properties).not.toHaveProperty('DashboardName');
    expect(JSON.stringify(stack.resolve(pipeline.dashboardUrl))).toContain('#dashboards/dashboard/');
  });
});

test('every model and quality that can be asked for is metered', () => {
  expect(meteredVariants(MODELS)).toHaveLength(3 + 1 + 5 + 5 + 3);
  expect(meteredVariants(MODELS)).toContainEqual({ model: 'gpt-image-2.5-flare', quality: 'xhigh' });
  expect(meteredVariants(MODELS)).toContainEqual({ model: 'gpt-image-2-beta', quality: NO_QUALITY });
});
