/**
 * Does what CloudWatch does by itself on AWS: turns the embedded metric lines in the functions' logs into metrics, so
 * that `GetMetricData` and the dashboard answer on the local cloud too.
 */
import { CloudWatchClient, type MetricDatum, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import {
  CloudWatchLogsClient,
  type FilteredLogEvent,
  FilterLogEventsCommand,
  ResourceNotFoundException,
} from '@aws-sdk/client-cloudwatch-logs';
import type { CloudConfig } from './clients';
import { metricsOf } from './emf';

const POLL_MS = 1_000;
/** Each look goes back a little, since a line gets its time stamp before it can be read. */
const OVERLAP_MS = 60_000;
const PAGE = 10_000;
/** PutMetricData takes 1 000 metrics in at most 1 MB. */
const BATCH = 500;

/** Only lines of the embedded metric format hold this word. */
const PATTERN = '"CloudWatchMetrics"';

export class EmfForwarder {
  private readonly logs: CloudWatchLogsClient;
  private readonly metrics: CloudWatchClient;
  private readonly groups: readonly { readonly name: string; from: number; seen: Map<string, number> }[];
  private readonly timer: NodeJS.Timeout;
  private work: Promise<void> = Promise.resolve();

  public constructor(config: CloudConfig, logGroupNames: readonly string[]) {
    this.logs = new CloudWatchLogsClient(config);
    this.metrics = new CloudWatchClient(config);
    const from = Date.now() - OVERLAP_MS;
    this.groups = logGroupNames.map((name) => ({ name, from, seen: new Map<string, number>() }));
    this.timer = setInterval(() => void this.flush().catch(report), POLL_MS);
    this.timer.unref();
  }

  /** Forwards everything that can be read in the logs now. */
  public flush(): Promise<void> {
    const next = this.work.catch(() => undefined).then(() => this.forward());
    this.work = next;
    return next;
  }

  public async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.work.catch(() => undefined);
  }

  private async forward(): Promise<void> {
    const batches = new Map<string, MetricDatum[]>();
    for (const group of this.groups) {
      for (const line of await this.newLines(group)) {
        for (const { namespace, datum } of metricsOf(line)) {
          batches.set(namespace, [...(batches.get(namespace) ?? []), datum]);
        }
      }
    }
    for (const [namespace, data] of batches) {
      for (let start = 0; start < data.length; start += BATCH) {
        const MetricData = data.slice(start, start + BATCH);
        await this.metrics.send(new PutMetricDataCommand({ Namespace: namespace, MetricData }));
      }
    }
  }

  /** Lines that were not there at the last look. Equal lines of one stream are told apart by counting them. */
  private async newLines(group: (typeof this.groups)[number]): Promise<string[]> {
    const events = await this.read(group.name, group.from);
    const counts = new Map<string, number>();
    const fresh: string[] = [];
    let latest = group.from + OVERLAP_MS;
    for (const { logStreamName, timestamp = 0, message = '' } of events) {
      const key = `${logStreamName}\n${timestamp}\n${message}`;
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      if (count > (group.seen.get(key) ?? 0)) fresh.push(message);
      latest = Math.max(latest, timestamp);
    }
    // What is older than the next look's start will not come again, so only this look's lines need remembering.
    group.seen = counts;
    group.from = latest - OVERLAP_MS;
    return fresh;
  }

  /** ministack knows no next token here: a full page is continued from its last time stamp. */
  private async read(logGroupName: string, startTime: number): Promise<FilteredLogEvent[]> {
    try {
      const { events = [] } = await this.logs.send(
        new FilterLogEventsCommand({ logGroupName, startTime, filterPattern: PATTERN, limit: PAGE }),
      );
      const last = events.at(-1)?.timestamp;
      if (events.length < PAGE || last === undefined || last === startTime) return events;
      const kept = events.filter(({ timestamp = 0 }) => timestamp < last);
      return [...kept, ...(await this.read(logGroupName, last))];
    } catch (error) {
      // Made with the function's first line.
      if (error instanceof ResourceNotFoundException) return [];
      throw error;
    }
  }
}

/** While the cloud stops, a look may find it gone; anything else is worth a line. */
function report(error: unknown): void {
  if (!/ECONNREFUSED|ECONNRESET|socket hang up/.test(String(error))) console.error(`EMF forwarder: ${String(error)}`);
}
