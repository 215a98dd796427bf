import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import {
  CloudWatchLogsClient,
  type FilteredLogEvent,
  FilterLogEventsCommand,
  ResourceNotFoundException,
} from '@aws-sdk/client-cloudwatch-logs';
import { mockClient } from 'aws-sdk-client-mock';
import { EmfForwarder } from '../../../local/cloud/emf-forwarder';

const logs = mockClient(CloudWatchLogsClient);
const metrics = mockClient(CloudWatchClient);
const config = {
  endpoint: 'https://127.0.0.1:1',
  region: 'us-east-1',
  credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
};

let forwarder: EmfForwarder;
let events: FilteredLogEvent[];

const line = (value: number) =>
  JSON.stringify({
    _aws: {
      Timestamp: 1,
      CloudWatchMetrics: [{ Namespace: 'P', Dimensions: [['service']], Metrics: [{ Name: 'Images' }] }],
    },
    service: 's',
    Images: value,
  });

const sent = () =>
  metrics
    .commandCalls(PutMetricDataCommand)
    .flatMap(({ args }) => (args[0].input.MetricData ?? []).flatMap(({ Values }) => Values));

beforeEach(() => {
  logs.reset();
  metrics.reset();
  events = [];
  logs.on(FilterLogEventsCommand).callsFake(({ startTime, limit }) => ({
    events: events.filter(({ timestamp = 0 }) => timestamp >= startTime).slice(0, limit),
  }));
  metrics.on(PutMetricDataCommand).resolves({});
  forwarder = new EmfForwarder(config, ['group']);
});
afterEach(() => forwarder.stop());

test('each line is forwarded once, however often it is seen', async () => {
  events.push({ logStreamName: 'a', timestamp: Date.now(), message: line(1) });
  await forwarder.flush();
  await forwarder.flush();

  expect(sent()).toEqual([1]);
});

test('equal lines at the same moment are all forwarded', async () => {
  const event = { logStreamName: 'a', timestamp: Date.now(), message: line(1) };
  events.push(event, event);
  await forwarder.flush();
  events.push(event);
  await forwarder.flush();

  expect(sent()).toEqual([1, 1, 1]);
});

test('a line that can be read only after a later one is not lost', async () => {
  const now = Date.now();
  events.push({ logStreamName: 'a', timestamp: now, message: line(1) });
  await forwarder.flush();
  events.unshift({ logStreamName: 'b', timestamp: now - 2_000, message: line(2) });
  await forwarder.flush();

  expect(sent()).toEqual([1, 2]);
});

test('more lines than fit in one answer are all forwarded', async () => {
  const now = Date.now();
  for (let index = 0; index < 12_000; index++) {
    events.push({ logStreamName: 'a', timestamp: now + Math.floor(index / 10), message: line(index) });
  }
  await forwarder.flush();

  expect(sent()).toHaveLength(12_000);
  expect(new Set(sent()).size).toBe(12_000);
});

test('a group that has no line yet is no error', async () => {
  logs.on(FilterLogEventsCommand).rejects(new ResourceNotFoundException({ message: 'no such group', $metadata: {} }));

  await expect(forwarder.flush()).resolves.toBeUndefined();
});
