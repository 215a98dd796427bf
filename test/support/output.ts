/** What a function writes: log lines and metrics. Kept from the terminal, so that tests may look at it. */
import { SERVICE_DIMENSION } from '../../domain/constants';

process.env.POWERTOOLS_SERVICE_NAME = 'test-pipeline';
process.env.POWERTOOLS_METRICS_NAMESPACE = 'EvolinkImagePipeline';

/** One EMF line. */
export interface EmittedMetrics {
  readonly namespace: string;
  readonly dimensions: Readonly<Record<string, unknown>>;
  readonly values: Readonly<Record<string, unknown>>;
  readonly units: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, unknown>>;
}

interface EmfLine extends Record<string, unknown> {
  readonly _aws: {
    readonly Timestamp: number;
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
    }[];
  };
}

export class CapturedOutput {
  private chunks: string[] = [];

  /** For `beforeEach`; jest's `restoreMocks` or `jest.restoreAllMocks()` ends it. */
  start(): void {
    this.chunks = [];
    for (const stream of [process.stdout, process.stderr]) {
      jest.spyOn(stream, 'write').mockImplementation((chunk) => {
        this.chunks.push(String(chunk));
        return true;
      });
    }
    for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) {
      jest.spyOn(console, method).mockImplementation((...parts: unknown[]) => {
        this.chunks.push(`${parts.map(String).join(' ')}\n`);
      });
    }
  }

  text(): string {
    return this.chunks.join('');
  }

  /** Log lines, parsed. */
  logs(): Record<string, unknown>[] {
    return this.lines().filter((line) => !('_aws' in line));
  }

  metrics(): EmittedMetrics[] {
    return this.lines().flatMap((line) => {
      if (!('_aws' in line)) return [];
      const { _aws, ...fields } = line as EmfLine;
      return _aws.CloudWatchMetrics.map(({ Namespace, Dimensions, Metrics }) => {
        const [dimensions = [], ...others] = Dimensions;
        if (others.length > 0) throw new Error('one set of dimensions expected');
        const names = Metrics.map(({ Name }) => Name);
        const pick = (keys: readonly string[]) => Object.fromEntries(keys.map((key) => [key, fields[key]]));
        const rest = Object.keys(fields).filter((key) => !dimensions.includes(key) && !names.includes(key));
        return {
          namespace: Namespace,
          dimensions: pick(dimensions),
          values: pick(names),
          units: Object.fromEntries(Metrics.map(({ Name, Unit }) => [Name, Unit])),
          metadata: pick(rest),
        };
      });
    });
  }

  /** Every value of one metric, with its dimensions besides the service. */
  valuesOf(name: string): { readonly value: unknown; readonly dimensions: Readonly<Record<string, unknown>> }[] {
    return this.metrics()
      .filter(({ values }) => name in values)
      .map(({ values, dimensions }) => {
        const others = Object.entries(dimensions).filter(([dimension]) => dimension !== SERVICE_DIMENSION);
        return { value: values[name], dimensions: Object.fromEntries(others) };
      });
  }

  /** Each line is written at once, so what others write in between does not tear it. */
  private lines(): Record<string, unknown>[] {
    return this.chunks
      .flatMap((chunk) => chunk.split('\n'))
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }
}

/** Captures the output of each test of a file. */
export function captureOutput(): CapturedOutput {
  const output = new CapturedOutput();
  beforeEach(() => output.start());
  afterEach(() => jest.restoreAllMocks());
  return output;
}
