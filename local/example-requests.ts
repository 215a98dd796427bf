import * as fs from 'node:fs';
import * as path from 'node:path';
import { ROOT } from './paths';

export interface ExampleRequest {
  /** Name of its file, without `.json`. */
  readonly name: string;
  /** The execution's input, as an app would send it. */
  readonly input: string;
}

/** The requests that `npm start` runs, in the order of their difficulty. */
const ORDER = ['text-to-image', 'edit-with-reference', 'two-images'];

export function exampleRequests(): ExampleRequest[] {
  const dir = path.join(ROOT, 'examples', 'requests');
  return ORDER.map((name) => ({ name, input: fs.readFileSync(path.join(dir, `${name}.json`), 'utf8') }));
}
