import { taskTokenActions } from '../../../local/cloud/emulator-adjustments';

const policy = (roles: string[], ...statements: object[]) => ({
  Type: 'AWS::IAM::Policy',
  Properties: { PolicyDocument: { Statement: statements }, Roles: roles.map((Ref) => ({ Ref })) },
});

test('widens exactly the actions on task tokens that the template grants, role by role', () => {
  const template = {
    Resources: {
      Answer: policy(
        ['SubmitRole', 'SweepRole'],
        { Effect: 'Allow', Action: ['states:SendTaskSuccess', 'states:DescribeExecution'], Resource: 'arn:machine' },
        { Effect: 'Allow', Action: 'states:SendTaskFailure', Resource: 'arn:machine' },
      ),
      Deny: policy(['ArchiveRole'], { Effect: 'Deny', Action: 'states:SendTaskSuccess', Resource: '*' }),
      Other: policy(['ValidateRole'], { Effect: 'Allow', Action: 's3:PutObject', Resource: 'arn:bucket/*' }),
      Bucket: { Type: 'AWS::S3::Bucket' },
    },
  };

  const found = taskTokenActions(template);

  const both = new Set(['states:SendTaskSuccess', 'states:SendTaskFailure']);
  expect(found).toEqual(
    new Map([
      ['SubmitRole', both],
      ['SweepRole', both],
    ]),
  );
});
