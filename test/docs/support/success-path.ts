import type { Definition, State } from '../../lib/support';

/** The states of a job that succeeds, in their order: a choice is taken by its first condition. */
export function successPath({ StartAt, States }: Definition): State[] {
  const path: State[] = [];
  for (let name: string | undefined = StartAt; name !== undefined;) {
    const state: State | undefined = States[name];
    if (state === undefined) throw new Error(`no state ${name}`);
    if (path.includes(state)) throw new Error(`${name} comes twice`);
    path.push(state);
    name = state.Choices?.[0]?.Next ?? state.Next;
  }
  if (path.at(-1)?.End !== true) throw new Error('the path does not end in a success');
  return path;
}

/** Events that the workflow's log has of these states, and of the start and the end of an execution. */
export const logEvents = (path: readonly State[]): number => 2 + path.reduce((sum, state) => sum + eventsOf(state), 0);

/** A task is entered, scheduled, started, done and left; one that waits on a token is submitted besides. */
function eventsOf({ Type, Resource }: State): number {
  if (Type === 'Choice') return 2;
  if (Type === 'Task') return Resource?.endsWith('.waitForTaskToken') ? 6 : 5;
  throw new Error(`events of ${Type} are not known yet`);
}
