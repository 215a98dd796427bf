/**
 * End-to-end tests share one cloud, so their order is the same on every machine and in every run: by path, whatever an
 * earlier run took or failed. The scan for secrets comes last, and looks at what the whole run left behind.
 */
import Sequencer from '@jest/test-sequencer';

const END_TO_END = /test\/e2e\//;
const LAST = /test\/e2e\/secrets\.test\.ts$/;

const rank = ({ path }) => Number(END_TO_END.test(path)) + Number(LAST.test(path));

export default class OrderSequencer extends Sequencer {
  sort(tests) {
    const longestFirst = super.sort(tests.filter((test) => rank(test) === 0));
    const inOrder = tests.filter((test) => rank(test) > 0);
    return [...longestFirst, ...inOrder.sort((a, b) => rank(a) - rank(b) || (a.path < b.path ? -1 : 1))];
  }
}
