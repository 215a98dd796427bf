/**
 * Makes stacks work here that somebody else deploys into this cloud: the same adjustments as for ours, as soon as a
 * stack is there, and its metrics forwarded.
 */
import { CloudFormationClient, paginateListStacks, StackStatus } from '@aws-sdk/client-cloudformation';
import type { CloudConfig } from './clients';
import { EmfForwarder } from './emf-forwarder';
import { adjustForEmulator } from './emulator-adjustments';
import { physicalIds } from './stack-resources';

const LOOK_EVERY_MS = 2_000;
const DEPLOYED = [StackStatus.CREATE_COMPLETE, StackStatus.UPDATE_COMPLETE];

export class StackWatch {
  /** What was adjusted, by stack: the time of its last deployment. */
  private readonly known = new Map<string, string>();
  private readonly forwarders = new Map<string, EmfForwarder>();
  private timer?: NodeJS.Timeout;
  private looking: Promise<void> = Promise.resolve();

  /** @param onAdjusted is told each stack that works from now on */
  constructor(
    private readonly config: CloudConfig,
    private readonly onAdjusted: (stackName: string) => void,
  ) {}

  /** Stacks that are there by now are left as they are. */
  async ignoreExisting(): Promise<void> {
    for (const [name, version] of await this.deployed()) this.known.set(name, version);
  }

  /** Looks again and again, until it is stopped. */
  start(): void {
    this.timer = setInterval(() => {
      this.looking = this.looking.then(() => this.look()).catch((error: unknown) => console.error(String(error)));
    }, LOOK_EVERY_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.looking;
    await Promise.all([...this.forwarders.values()].map((forwarder) => forwarder.stop()));
  }

  /** Adjusts what was deployed since the last look. */
  async look(): Promise<void> {
    for (const [name, version] of await this.deployed()) {
      if (this.known.get(name) === version) continue;
      await adjustForEmulator(this.config, name);
      await this.forwardMetrics(name);
      this.known.set(name, version);
      this.onAdjusted(name);
    }
  }

  private async deployed(): Promise<Map<string, string>> {
    const client = new CloudFormationClient(this.config);
    const stacks = new Map<string, string>();
    for await (const { StackSummaries = [] } of paginateListStacks({ client }, { StackStatusFilter: DEPLOYED })) {
      for (const { StackName = '', CreationTime, LastUpdatedTime } of StackSummaries) {
        stacks.set(StackName, (LastUpdatedTime ?? CreationTime)?.toISOString() ?? '');
      }
    }
    return stacks;
  }

  private async forwardMetrics(name: string): Promise<void> {
    if (this.forwarders.has(name)) return;
    const groups = await physicalIds(this.config, name, 'AWS::Logs::LogGroup');
    this.forwarders.set(name, new EmfForwarder(this.config, groups));
  }
}
