/** Links to images and what they answer. Pictures are drawn when they are asked for: nothing is kept in memory. */
import { createHash } from 'node:crypto';
import { drawPicture } from './picture';
import { ApiError } from './api-error';
import type { SimulatorClock } from './clock';
import type { Script } from './script';
import { replyOf, type Call, type Reply } from './http';
import { faultReply } from './fault-reply';
import type { Task } from './task';
import type { Tasks } from './tasks';

export const LINK_LIFETIME_MS = 24 * 3600 * 1000;

export function filePath(task: Task, fileId: string): string {
  const day = new Date(task.settledAt ?? task.createdAt).toISOString().slice(0, 10).replaceAll('-', '/');
  return `/files/simulator/images/${day}/file_${fileId}.png`;
}

export class Files {
  constructor(
    private readonly tasks: Tasks,
    private readonly script: Script,
    private readonly clock: SimulatorClock,
    private readonly options: { readonly expiredLinkStatus: 403 | 404 | 410; readonly strict: boolean },
  ) {}

  serve(call: Call): Reply {
    const fileId = /\/file_([0-9a-f]{32})\.png$/.exec(call.url.pathname)?.[1] ?? '';
    const task = this.tasks.findFile(fileId);
    if (task === undefined || filePath(task, fileId) !== call.url.pathname)
      return replyOf(ApiError.scripted({ status: 404 }));
    const image = task.images.find((next) => next.fileId === fileId)?.number ?? 0;
    const reply = this.replyFor(call, task, image);
    task.downloads.push({
      at: this.clock.now(),
      image,
      status: reply.status,
      sha256: reply.body instanceof Buffer && reply.truncate === undefined ? sha256(reply.body) : undefined,
      sentAuthorization: call.headers.authorization !== undefined,
    });
    return reply;
  }

  private replyFor(call: Call, task: Task, image: number): Reply {
    if (this.options.strict && /^Python-urllib\//i.test(call.headers['user-agent'] ?? '')) {
      return replyOf(ApiError.scripted({ status: 403 }));
    }
    if (this.clock.now() >= (task.settledAt ?? 0) + LINK_LIFETIME_MS) {
      return replyOf(ApiError.scripted({ status: this.options.expiredLinkStatus }));
    }
    const { prompt, model } = task.request;
    const fault = this.script.forReply('file', { prompt, model, taskId: task.id }, task.rule);
    const bytes = drawPicture({ ...task.delivered, prompt, caption: captionOf(task, image), number: image });
    const picture: Reply = { status: 200, body: bytes, headers: { 'content-type': 'image/png' } };
    if (fault === undefined) return picture;
    const answered = faultReply(fault, picture);
    return {
      ...answered,
      headers: {
        ...answered.headers,
        ...(fault.contentType === undefined ? {} : { 'content-type': fault.contentType }),
      },
      truncate: fault.truncate,
      chunked: fault.chunked,
      dripMs: fault.dripMs,
    };
  }
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

function captionOf({ request, delivered, images }: Task, image: number): string {
  const quality = request.billing === 'per_token' ? [`${request.quality} quality`] : [];
  const parts = [
    request.model,
    `${delivered.width}x${delivered.height}`,
    ...quality,
    `image ${image} of ${images.length}`,
    'EvoLink simulator',
  ];
  return parts.join(', ');
}
