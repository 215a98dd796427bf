/** Runs the scan for secrets after everything else, so that it looks at what the whole run left behind. */
import Sequencer from '@jest/test-sequencer';

const LAST = /test\/e2e\/secrets\.test\.ts$/;

export default class LastSequencer extends Sequencer {
  sort(tests) {
    const sorted = super.sort(tests);
    return [...sorted.filter(({ path }) => !LAST.test(path)), ...sorted.filter(({ path }) => LAST.test(path))];
  }
}
