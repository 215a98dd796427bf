/** The slots of the pipeline, and the pause that EvoLink asked all of it for. */
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { SLOTS_KEY } from '../../../lambda/shared/attempts/items';
import { type Slots, readSlots } from '../../../lambda/shared/attempts/slots';
import { admin, connection } from './clients';

export const slots = (): Promise<Slots> => readSlots(admin.dynamo, connection.outputs.TableName);

/** Ends it, as if EvoLink had refused nothing before: the next one is a first one again. */
export async function endPause(): Promise<void> {
  if ((await slots()).pausedUntil === 0) return;
  const item = { TableName: connection.outputs.TableName, Key: SLOTS_KEY };
  await admin.dynamo.send(new UpdateCommand({ ...item, UpdateExpression: 'REMOVE pausedUntil, strikes' }));
}
