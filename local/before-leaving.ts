/** What has to be done before this process ends at a signal, while everything that it started still runs. */
type Action = () => Promise<unknown>;

const actions = new Set<Action>();

/** @returns takes it back: it has been done, or is no longer needed */
export function beforeLeaving(action: Action): () => void {
  actions.add(action);
  return () => void actions.delete(action);
}

/** Each by itself: that one fails is no reason to leave out another. */
export async function takeLeave(): Promise<void> {
  await Promise.allSettled([...actions].map((action) => action()));
}
