/** The functions in a VPC. */
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { SecurityGroup, SubnetType } from 'aws-cdk-lib/aws-ec2';
import { Annotations as CdkAnnotations, type Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import type { ImagePipelineProps } from '../../lib';
import { policies, rights } from './rights';
import { build, type CloudFormation, flatten, type Props, resource, resourcesOf, synth } from './support';

const FUNCTIONS = ['Validate', 'Submit', 'Dispatch', 'Callback', 'Sweep', 'Ended', 'Archive', 'Reconcile'];

const inVpc =
  (rest: (stack: Stack, vpc: Vpc) => Partial<ImagePipelineProps> = () => ({})): Props =>
  (stack) => {
    const vpc = new Vpc(stack, 'Vpc', {
      restrictDefaultSecurityGroup: false,
      subnetConfiguration: [
        { name: 'Public', subnetType: SubnetType.PUBLIC },
        { name: 'Private', subnetType: SubnetType.PRIVATE_WITH_EGRESS },
        { name: 'Inner', subnetType: SubnetType.PRIVATE_ISOLATED },
      ],
    });
    return { vpc, ...rest(stack, vpc) };
  };

/** The network of each function, which has to be the same. */
function network(json: CloudFormation): { subnets: string[]; groups: string[] } {
  const all = FUNCTIONS.map((name) => resource(json, 'AWS::Lambda::Function', `Functions${name}Function`))
    .map(({ Properties }) => Properties.VpcConfig as { SubnetIds: unknown[]; SecurityGroupIds: unknown[] })
    .map((config) => ({ subnets: config.SubnetIds.map(flatten), groups: config.SecurityGroupIds.map(flatten) }));
  const [first] = all;
  if (!first) throw new Error('no function');
  expect(all).toEqual(FUNCTIONS.map(() => first));
  return first;
}

const { json } = synth(inVpc());

test('all functions run in the private subnets, in one group that lets everything out and nothing in', () => {
  const { subnets, groups } = network(json);

  expect(subnets).toHaveLength(2);
  for (const subnet of subnets) expect(subnet).toMatch(/^<VpcPrivateSubnet/);
  expect(groups).toEqual([expect.stringMatching(/^<ImagesNetworkSecurityGroup\w+\.GroupId>$/)]);
  const [group] = resourcesOf(json, 'AWS::EC2::SecurityGroup');
  expect(group?.Properties.SecurityGroupEgress).toEqual([
    expect.objectContaining({ CidrIp: '0.0.0.0/0', IpProtocol: '-1' }),
  ]);
  expect(group?.Properties.SecurityGroupIngress).toBeUndefined();
  expect(resourcesOf(json, 'AWS::EC2::SecurityGroupIngress')).toEqual([]);
});

test('vpcSubnets chooses the subnets', () => {
  const isolated = synth(inVpc(() => ({ vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED } }))).json;

  for (const subnet of network(isolated).subnets) expect(subnet).toMatch(/^<VpcInnerSubnet/);
});

test('securityGroups take the place of the new one', () => {
  const given = synth(inVpc((stack, vpc) => ({ securityGroups: [new SecurityGroup(stack, 'Given', { vpc })] }))).json;

  expect(network(given).groups).toEqual([expect.stringMatching(/^<Given/)]);
  expect(resourcesOf(given, 'AWS::EC2::SecurityGroup')).toHaveLength(1);
});

describe('each role', () => {
  const plain = synth().json;

  test.each(FUNCTIONS)('%s lets Lambda connect it, and nothing else', (name) => {
    const before = rights(plain, `Functions${name}Role`);
    const added = rights(json, `Functions${name}Role`).filter((right) => !before.includes(right));

    expect(added).toEqual([
      'ec2:AssignPrivateIpAddresses *',
      'ec2:CreateNetworkInterface *',
      'ec2:DeleteNetworkInterface *',
      'ec2:DescribeNetworkInterfaces *',
      'ec2:DescribeSubnets *',
      'ec2:UnassignPrivateIpAddresses *',
    ]);
  });

  test('gives none of that to the code of the function', () => {
    const statements = policies(json).flatMap((policy) => policy.statements);
    const network = statements.filter(({ Action }) => [Action].flat().some((action) => action.startsWith('ec2:')));

    expect(network).toHaveLength(FUNCTIONS.length);
    for (const { Condition } of network) {
      expect(Condition).toEqual({ Null: { 'lambda:SourceFunctionArn': 'true' } });
    }
  });
});

test('without a VPC there is nothing of it', () => {
  expect(resourcesOf(synth().json, 'AWS::EC2::SecurityGroup')).toEqual([]);
});

test.each<[string, Props, RegExp]>([
  [
    'subnets without a VPC',
    () => ({ vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED } }),
    /vpcSubnets must come with vpc, got no vpc/,
  ],
  [
    'groups without a VPC',
    (stack) => ({ securityGroups: [SecurityGroup.fromSecurityGroupId(stack, 'Given', 'sg-1')] }),
    /securityGroups must come with vpc, got no vpc/,
  ],
  ['no group at all', inVpc(() => ({ securityGroups: [] })), /securityGroups must be 1 to 5 .* got 0/],
  [
    'six groups',
    inVpc((stack) => ({
      securityGroups: [1, 2, 3, 4, 5, 6].map((n) => SecurityGroup.fromSecurityGroupId(stack, `Given${n}`, `sg-${n}`)),
    })),
    /securityGroups must be 1 to 5 .* got 6/,
  ],
])('refuses %s', (_, props, message) => {
  expect(() => synth(props)).toThrow(message);
});

describe('a VPC without a way out', () => {
  const WARNING = Match.stringLikeRegexp(
    'no private subnets with a way out, .*docs/network.md.*evolink-image-pipeline:isolatedSubnets',
  );
  const isolated =
    (rest: Partial<ImagePipelineProps> = {}): Props =>
    (stack) => ({ vpc: new Vpc(stack, 'Vpc', { natGateways: 0, restrictDefaultSecurityGroup: false }), ...rest });

  test('is warned of, which can be acknowledged', () => {
    const { stack } = build(isolated());
    Annotations.fromStack(stack).hasWarning('/Stack/Images', WARNING);

    const { stack: acknowledged, pipeline } = build(isolated());
    CdkAnnotations.of(pipeline).acknowledgeWarning('evolink-image-pipeline:isolatedSubnets');
    Annotations.fromStack(acknowledged).hasNoWarning('*', WARNING);
  });

  test.each<[string, Props]>([
    ['isolated subnets that were chosen', isolated({ vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED } })],
    ['one with a way out', inVpc()],
  ])('unlike %s', (_, props) => {
    Annotations.fromStack(build(props).stack).hasNoWarning('*', WARNING);
  });
});
