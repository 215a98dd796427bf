/**
 * Codes that mean "blocked by a safety filter". The first is EvoLink's own; the others are those of the services behind
 * it (OpenAI, Azure), in case one is passed through. Nothing but the class of the error depends on them.
 */
const MODERATION_CODES = ['content_policy_violation', 'moderation_blocked', 'content_filter'] as const;

export const moderationCodes: ReadonlySet<string> = new Set(MODERATION_CODES);
