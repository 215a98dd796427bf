/** Programs that the launcher starts: quiet (a log file each), and never alive longer than the launcher. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as path from 'node:path';

const SUPERVISOR = path.join(__dirname, 'supervisor.mjs');
const SHOWN_LOG_LINES = 25;

export interface ProcessOptions {
  /** Names the log file and the record of the process in the run's folder. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment: nothing is inherited beside it. */
  readonly env: NodeJS.ProcessEnv;
  readonly runDir: string;
}

const live = new Set<SupervisedProcess>();

/** Ends every program that was started and still runs, and waits until all of them are gone. */
export async function stopAllProcesses(): Promise<void> {
  await Promise.all([...live].map((child) => child.stop()));
}

export class SupervisedProcess {
  public readonly logFile: string;
  /** Resolves with the exit code. */
  public readonly exited: Promise<number>;
  private readonly supervisor: ChildProcess;
  private running = true;

  public constructor(options: ProcessOptions) {
    this.logFile = path.join(options.runDir, `${options.name}.log`);
    const record = path.join(options.runDir, `${options.name}.process.json`);
    const log = fs.openSync(this.logFile, 'a');
    this.supervisor = spawn(process.execPath, [SUPERVISOR, record, options.command, ...options.args], {
      cwd: options.cwd,
      env: options.env,
      stdio: ['pipe', log, log],
      detached: true,
    });
    fs.closeSync(log);
    // The pipe is there to be closed, nothing is ever written: a supervisor that died first is no error of ours.
    this.supervisor.stdin?.on('error', () => undefined);
    live.add(this);
    this.exited = once(this.supervisor, 'exit').then(([code, signal]: (number | string | null)[]) => {
      this.running = false;
      live.delete(this);
      return typeof code === 'number' ? code : signal === null ? 0 : 1;
    });
  }

  public get isRunning(): boolean {
    return this.running;
  }

  /** The end of the log, for error messages. */
  public logTail(lines = SHOWN_LOG_LINES): string {
    return fs.readFileSync(this.logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  }

  /** Asks for an orderly end, kills after a few seconds, resolves when the program is gone. */
  public async stop(): Promise<void> {
    this.supervisor.stdin?.end();
    await this.exited;
  }
}

/** Runs a program to its end. Fails with the end of its log unless it succeeds. */
export async function runProcess(options: ProcessOptions): Promise<void> {
  const child = new SupervisedProcess(options);
  const code = await child.exited;
  if (code !== 0) {
    throw new Error(`${options.name} failed (exit code ${code}):\n${child.logTail()}\n(full output: ${child.logFile})`);
  }
}
