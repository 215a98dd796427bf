import { Annotations } from 'aws-cdk-lib';
import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import { SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { acknowledgeWildcard } from './acknowledge';

/** Properties of a `FunctionNetwork`. */
export interface FunctionNetworkProps {
  /** Where the functions run. */
  readonly vpc: IVpc;

  /**
   * Subnets of that VPC.
   *
   * @default - private subnets with a way out; isolated ones, with a warning, where there are none
   */
  readonly vpcSubnets?: SubnetSelection;

  /**
   * What the functions may reach.
   *
   * @default - a new group that lets everything out and nothing in
   */
  readonly securityGroups?: ISecurityGroup[];
}

/** What Lambda does with network interfaces in the name of a function. None of it can be limited to a resource. */
const INTERFACE_ACTIONS = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:UnassignPrivateIpAddresses',
];

/** By this id the warning can be acknowledged, where something else lets the functions out. */
export const ISOLATED_SUBNETS_WARNING = 'evolink-image-pipeline:isolatedSubnets';

/** CDK falls back to isolated subnets by itself. From there no function reaches EvoLink, and every job would fail. */
function warnOfIsolation(scope: Construct, vpc: IVpc): void {
  if (vpc.privateSubnets.length > 0 || vpc.isolatedSubnets.length === 0) return;
  Annotations.of(scope).addWarningV2(
    ISOLATED_SUBNETS_WARNING,
    'vpc has no private subnets with a way out, so the functions run in its isolated ones: unless something else leads to the internet from there, no job reaches EvoLink (docs/network.md). Choose with vpcSubnets, or acknowledge this warning',
  );
}

/** The VPC of the functions. They open connections and accept none: callbacks reach them through Lambda. */
export class FunctionNetwork extends Construct {
  /** Where the functions run. */
  public readonly vpc: IVpc;

  /** Subnets of that VPC; Lambda's choice if absent. */
  public readonly vpcSubnets?: SubnetSelection;

  /** Those that were given, or a new one. */
  public readonly securityGroups: ISecurityGroup[];

  constructor(scope: Construct, id: string, props: FunctionNetworkProps) {
    super(scope, id);
    if (!props.vpcSubnets) warnOfIsolation(scope, props.vpc);
    this.vpc = props.vpc;
    this.vpcSubnets = props.vpcSubnets;
    this.securityGroups = props.securityGroups ?? [
      new SecurityGroup(this, 'SecurityGroup', {
        vpc: props.vpc,
        description: 'Functions of an image pipeline: out to EvoLink and AWS, nothing in.',
        allowAllOutbound: true,
      }),
    ];
  }

  /** Lets Lambda connect a function with this role. CDK adds such rights to roles of its own making only. */
  public grantConnect(role: Role): void {
    role.addToPolicy(
      new PolicyStatement({
        actions: INTERFACE_ACTIONS,
        resources: ['*'],
        // The code of the function, whose calls carry its ARN, is not let near them.
        conditions: { Null: { 'lambda:SourceFunctionArn': 'true' } },
      }),
    );
    acknowledgeWildcard(role, '*', 'Lambda needs its actions on network interfaces on all resources.');
  }
}
