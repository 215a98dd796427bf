/** Who started us may be killed without telling us: then nobody is left to press Ctrl-C, and we end by ourselves. */

const POLL_MS = 500;

/**
 * Ends this process like SIGTERM does, as soon as its parent is gone. Does not keep the process alive.
 * @param {number} [parent] the process that started us
 */
export function endWithParent(parent = process.ppid) {
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, POLL_MS);
  timer.unref();
}
