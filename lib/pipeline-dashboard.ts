import { Duration, Stack } from 'aws-cdk-lib';
import { Dashboard } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { Budget } from './budget';
import { costRows } from './dashboard-costs';
import { operationRows } from './dashboard-operations';
import { textRow } from './dashboard-text';
import type { ImageModel } from './image-model';
import type { MeteredPipeline } from './metrics';
import type { PipelineFunctions } from './pipeline-functions';
import type { PriceTable } from './prices';

/** Properties of a `PipelineDashboard`. All of them are checked and defaulted by the pipeline. */
export interface PipelineDashboardProps {
  /** The pipeline whose metrics are shown. */
  readonly pipeline: MeteredPipeline;

  /** The functions whose logs are linked. */
  readonly functions: PipelineFunctions;

  /** The state machine whose executions are linked. */
  readonly stateMachine: IStateMachine;

  /** Where attempts and ledger are kept: the commands that are shown name it, so that they reach this pipeline. */
  readonly table: ITable;

  /** Limits of what may be spent. */
  readonly budgets: Budget[];

  /** The tenants that metrics tell apart. */
  readonly tenants: string[];

  /** Where the runbook is. */
  readonly runbookUrl: string;

  /**
   * What EvoLink charges.
   *
   * @default - EvoLink's published prices
   */
  readonly prices?: PriceTable;

  /** Models besides the packaged ones. */
  readonly models: ImageModel[];

  /**
   * Name of the dashboard.
   *
   * @default - CloudFormation names it, so that two pipelines never fight over a name
   */
  readonly dashboardName?: string;
}

/**
 * What the pipeline costs, makes and misses, on one page; money first. Plain metrics only: what is shown can be alarmed
 * on, and nothing is calculated in a widget.
 */
export class PipelineDashboard extends Construct {
  /** The dashboard. */
  public readonly dashboard: Dashboard;

  /** Where the console shows it. */
  public readonly url: string;

  constructor(scope: Construct, id: string, props: PipelineDashboardProps) {
    super(scope, id);
    this.dashboard = new Dashboard(this, 'Dashboard', {
      dashboardName: props.dashboardName,
      defaultInterval: Duration.days(1),
      widgets: [...costRows(props), ...operationRows(props.pipeline), textRow(props)],
    });
    const { region } = Stack.of(this);
    this.url = `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#dashboards/dashboard/${this.dashboard.dashboardName}`;
  }
}
