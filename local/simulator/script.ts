/** The rules in force, and which of them a request meets. */
import type { ReplyFault, Rule } from './faults';
import { checkRule } from './rule-check';

/** What a rule is matched against. */
export interface Subject {
  readonly prompt?: string;
  readonly model?: string;
  readonly taskId?: string;
  readonly post?: number;
}

/** Parts that fault one reply each. */
export const REPLY_PARTS = ['query', 'file', 'list', 'batch', 'credits', 'models', 'prices'] as const;

export type ReplyPart = (typeof REPLY_PARTS)[number];

/** A rule with one of these takes submissions; one without looks at every single reply instead. */
const SUBMISSION_PARTS = ['submit', 'task', 'callback'] as const;

interface Scripted {
  readonly rule: Rule;
  uses: number;
}

export class Script {
  private rules: Scripted[] = [];
  /** Faulted replies so far, per task: rule part by rule part. */
  private readonly replies = new Map<string, Map<ReplyFault, number>>();

  add(rule: Rule): void {
    this.rules.push({ rule: checkRule(rule), uses: 0 });
  }

  clear(): void {
    this.rules = [];
    this.replies.clear();
  }

  /** The rule for a submission; taking it is a use. */
  forSubmission(subject: Subject): Rule | undefined {
    return this.take(
      subject,
      (rule) => SUBMISSION_PARTS.some((part) => rule[part] !== undefined) || !hasReplyPart(rule),
    );
  }

  /**
   * The rule for a repeat of a submission that is remembered, under the rule that took the first one. A rule that says
   * how a task runs is for another task, unless it names the repeat.
   */
  forRepeat(subject: Subject, taken?: Rule): Rule | undefined {
    return this.take(
      subject,
      (rule) =>
        rule.submit !== undefined &&
        (rule === taken || rule.match?.post !== undefined || (rule.task === undefined && rule.callback === undefined)),
    );
  }

  /** The fault of one reply about a task, or of a route: of the rule that took the task first, then of the others. */
  forReply<P extends ReplyPart>(part: P, subject: Subject, taken?: Rule): Rule[P] | undefined {
    const subjectId = subject.taskId ?? '';
    const counts = this.replies.get(subjectId) ?? new Map<ReplyFault, number>();
    const hasRoom = (rule: Rule) => {
      const fault = rule[part];
      const times = fault !== undefined && 'times' in fault ? fault.times : undefined;
      return fault !== undefined && (counts.get(fault) ?? 0) < (times ?? Infinity);
    };
    const rule =
      taken !== undefined && hasRoom(taken)
        ? taken
        : this.take(subject, (next) => SUBMISSION_PARTS.every((name) => next[name] === undefined) && hasRoom(next));
    const fault = rule?.[part];
    if (fault !== undefined) this.replies.set(subjectId, counts.set(fault, (counts.get(fault) ?? 0) + 1));
    return fault;
  }

  private take(subject: Subject, suits: (rule: Rule) => boolean): Rule | undefined {
    const found = this.rules.find(
      (next) => next.uses < (next.rule.times ?? Infinity) && matches(next.rule, subject) && suits(next.rule),
    );
    if (found !== undefined) found.uses++;
    return found?.rule;
  }
}

function hasReplyPart(rule: Rule): boolean {
  return REPLY_PARTS.some((part) => rule[part] !== undefined);
}

function matches({ match = {} }: Rule, subject: Subject): boolean {
  if (match.promptIncludes !== undefined && !subject.prompt?.includes(match.promptIncludes)) return false;
  if (match.model !== undefined && match.model !== subject.model) return false;
  if (match.post !== undefined && match.post !== subject.post) return false;
  return match.taskId === undefined || match.taskId === subject.taskId;
}
