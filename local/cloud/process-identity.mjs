/**
 * A process id alone does not name a process: ids are used again. Together with the moment at which the process was
 * started they do. Lets us tell a lock (or a child) left behind by a killed run from one that is still in use.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** @typedef {{ pid: number, started: string }} ProcessIdentity */

/**
 * When the process was started, in a form that is only good for comparing. Undefined: there is no such process.
 * @param {number} pid
 * @returns {string | undefined}
 */
export function startOfProcess(pid) {
  if (process.platform === 'linux') {
    try {
      // The command name (2nd field) may hold spaces and brackets: count the fields after its closing bracket.
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return fields[0] === 'Z' ? undefined : fields[19];
    } catch {
      return undefined;
    }
  }
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined;
  } catch {
    return undefined;
  }
}

/**
 * @param {number} [pid]
 * @returns {ProcessIdentity}
 */
export function identityOf(pid = process.pid) {
  return { pid, started: startOfProcess(pid) ?? '' };
}

/**
 * @param {Partial<ProcessIdentity> | undefined} identity
 * @returns {boolean}
 */
export function isAlive(identity) {
  return Number.isInteger(identity?.pid) && !!identity?.started && startOfProcess(identity.pid) === identity.started;
}

/**
 * What a supervisor wrote about itself and its program.
 * @param {string} file
 * @returns {Partial<Record<'launcher' | 'supervisor' | 'child', ProcessIdentity>> | undefined}
 */
export function readRecord(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * @param {number} leader
 * @param {NodeJS.Signals} signal
 */
export function killGroup(leader, signal) {
  try {
    process.kill(-leader, signal);
  } catch {
    // The group is gone already.
  }
}
