/** The user asked for something that can't be done: exit code 2. */
export class WrongUse extends Error {
  override readonly name = 'WrongUse';
}
