import aslValidator from 'asl-validator';
import { Duration } from 'aws-cdk-lib';
import { FAILURE_NAMES, RETRYABLE_FAILURES } from '../../domain/failures';
import { STATE } from '../../domain/constants';
import { type Definition, definition, resource, type State, synth } from './support';

const { json } = synth();
const machine = definition(json);
const state = (name: string): State => machine.States[name];

const LAMBDA_FAULTS = [
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.ClientExecutionTimeoutException',
  'Lambda.TooManyRequestsException',
  'Lambda.Unknown',
  'Sandbox.Timedout',
];

describe('the definition', () => {
  test('has exactly the states of the design', () => {
    expect(Object.keys(machine.States).sort()).toEqual(Object.values(STATE).sort());
    expect(machine.StartAt).toBe(STATE.validate);
    expect(machine.QueryLanguage).toBe('JSONata');
  });

  test('is valid Amazon States Language', () => {
    expect(aslValidator(machine)).toMatchObject({ isValid: true, errors: [] });
  });

  test('reaches its end in at most six transitions', () => {
    expect(successPath(machine)).toEqual([STATE.validate, STATE.isValid, STATE.generate, STATE.archive]);
    // Step Functions also charges the entry into the first state.
    expect(successPath(machine).length + 1).toBeLessThanOrEqual(6);
  });

  test('names no resource of its own', () => {
    expect(resource(json, 'AWS::StepFunctions::StateMachine').Properties).not.toHaveProperty('StateMachineName');
  });

  test('keeps inputs and outputs out of the log', () => {
    const { LoggingConfiguration } = resource(json, 'AWS::StepFunctions::StateMachine').Properties;

    expect(LoggingConfiguration).toMatchObject({ IncludeExecutionData: false, Level: 'ALL' });
    expect(resource(json, 'AWS::Logs::LogGroup', 'Workflow').Properties.LogGroupName).toMatch(
      /^\/aws\/vendedlogs\/states\/Stack-?Images-/,
    );
  });
});

describe('Validate request', () => {
  test('gets the job id and the input untouched, and nothing else', () => {
    expect(state(STATE.validate).Arguments?.Payload).toEqual({
      jobId: '{% $states.context.Execution.Name %}',
      input: '{% $states.input %}',
    });
    expect(state(STATE.validate).Assign).toEqual({ attempt: 1, round: 1 });
  });

  test('repeats faults of Lambda with jitter, and catches nothing: an exception is a bug', () => {
    expect(state(STATE.validate).Retry).toMatchObject([{ ErrorEquals: LAMBDA_FAULTS, JitterStrategy: 'FULL' }]);
    expect(state(STATE.validate).Catch).toBeUndefined();
  });
});

describe('Generate', () => {
  test('waits for its token, which it gives to submit alone with the attempt and the job', () => {
    expect(state(STATE.generate).Resource).toMatch(/:states:::lambda:invoke\.waitForTaskToken$/);
    expect(state(STATE.generate).Arguments?.FunctionName).toMatch(/SubmitFunction/);
    expect(state(STATE.generate).Arguments?.Payload).toEqual({
      taskToken: '{% $states.context.Task.Token %}',
      executionArn: '{% $states.context.Execution.Id %}',
      executionStartedAt: '{% $states.context.Execution.StartTime %}',
      attempt: '{% $attempt %}',
      job: '{% $job %}',
    });
  });

  test('repeats no outcome, then faults of Lambda and what submit throws, with jitter, and never a time-out', () => {
    const [outcomes, faults, thrown, ...rest] = state(STATE.generate).Retry ?? [];

    expect(outcomes).toMatchObject({ ErrorEquals: FAILURE_NAMES, MaxAttempts: 0 });
    expect(faults).toMatchObject({ ErrorEquals: LAMBDA_FAULTS, JitterStrategy: 'FULL' });
    expect(faults?.MaxAttempts).toBeGreaterThan(0);
    expect(thrown).toMatchObject({ ErrorEquals: ['States.TaskFailed'], MaxAttempts: 3, JitterStrategy: 'FULL' });
    expect(rest).toEqual([]);
    expect(JSON.stringify(state(STATE.generate).Retry)).not.toContain('States.Timeout');
  });

  test('sends what may be tried again to the decision, and all else to the end', () => {
    expect(state(STATE.generate).Catch).toMatchObject([
      { ErrorEquals: RETRYABLE_FAILURES, Next: STATE.mayRetry },
      { ErrorEquals: ['States.ALL'], Next: STATE.failed },
    ]);
  });

  test('outlives the queue and the time limit of its task by an hour, and the workflow outlives all of its attempts', () => {
    const limits = { callbackTimeout: Duration.hours(2), maxQueueTime: Duration.hours(4), maxAttempts: 2 };
    const limited = definition(synth(() => limits).json);

    expect(limited.States[STATE.generate]?.TimeoutSeconds).toBe(7 * 3_600);
    expect(limited.TimeoutSeconds).toBeGreaterThan(2 * 7 * 3_600);
  });
});

describe('May retry? and Back off', () => {
  test('lead back to Generate, or to the end', () => {
    expect(state(STATE.mayRetry).Choices).toHaveLength(1);
    expect(state(STATE.mayRetry).Choices?.[0]?.Next).toBe(STATE.backOff);
    expect(state(STATE.mayRetry).Default).toBe(STATE.failed);
    expect(state(STATE.backOff)).toMatchObject({ Type: 'Wait', Next: STATE.generate });
  });
});

describe('Archive images', () => {
  test('gets the attempt and no URL', () => {
    expect(state(STATE.archive).Arguments?.Payload).toEqual({ jobId: '{% $job.jobId %}', attempt: '{% $attempt %}' });
    expect(state(STATE.archive).End).toBe(true);
  });

  test('repeats whatever went wrong, and catches nothing: a redrive starts where a state failed', () => {
    expect(state(STATE.archive).Retry).toMatchObject([
      { ErrorEquals: expect.arrayContaining(['ResultExpired', 'AttemptNotFound']) as string[], MaxAttempts: 3 },
      { ErrorEquals: [...LAMBDA_FAULTS, 'States.TaskFailed', 'States.Timeout'], JitterStrategy: 'FULL' },
    ]);
    expect(state(STATE.archive).Retry).toHaveLength(2);
    expect(state(STATE.archive).Catch).toBeUndefined();
  });

  test('waits out an outage of hours, well within the 24 in which a link lives', () => {
    const [, outage] = state(STATE.archive).Retry ?? [];
    const { IntervalSeconds = 0, BackoffRate = 0, MaxDelaySeconds = 0, MaxAttempts = 0 } = { ...outage };
    const waits = Array.from({ length: MaxAttempts }, (_, n) =>
      Math.min(MaxDelaySeconds, IntervalSeconds * BackoffRate ** n),
    );
    const longest = waits.reduce((sum, wait) => sum + wait, 0);
    // Full jitter takes half of it away on average.
    expect(longest / 2).toBeGreaterThan(3_600);
    expect(longest).toBeLessThan(12 * 3_600);
  });

  test('never runs twice at once: its function ends before the state gives up', () => {
    const timeout = resource(json, 'AWS::Lambda::Function', 'FunctionsArchive').Properties.Timeout as number;

    expect(state(STATE.archive).TimeoutSeconds).toBeGreaterThan(timeout);
  });
});

/** Follows Next, and at a choice its first branch, to the end. */
function successPath({ StartAt, States }: Definition): string[] {
  const path: string[] = [];
  for (let name: string | undefined = StartAt; name !== undefined;) {
    path.push(name);
    const current: State | undefined = States[name];
    name = current?.Choices ? current.Choices[0]?.Next : current?.Next;
  }
  return path;
}
