import type { RunnerMessage, SubjectMessage } from './messages.js';
import { CLOCKS, createSampler, createWarmUpClock, type Sampler } from './sample.js';
import type { OpenSubject, Subject } from './subject.js';

/** The process that a subject lives in. Started by `SubjectProcess`. */

let subject: Subject | undefined;
let sampler: Sampler | undefined;

async function answer(message: RunnerMessage): Promise<SubjectMessage> {
  switch (message.type) {
    case 'open': {
      const module = (await import(message.module)) as Record<string, OpenSubject<unknown> | undefined>;
      const open = module[message.open];
      if (!open) throw new TypeError(`${message.module} does not export "${message.open}"`);
      subject = await open(message.input);
      sampler = await createSampler(
        subject,
        message.timing,
        CLOCKS[message.timing.clock],
        createWarmUpClock(message.timing),
      );
      return { type: 'opened' };
    }
    case 'sample':
      if (!sampler) throw new Error('Cannot sample: no subject is open');
      return { type: 'sampled', value: await sampler() };
    case 'close':
      await subject?.close?.();
      return { type: 'closed' };
    default:
      return message satisfies never;
  }
}

process.on('message', (message: RunnerMessage) => {
  answer(message)
    .catch((error: unknown): SubjectMessage => ({
      type: 'failed',
      message: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
    }))
    .then((reply) => process.send?.(reply, () => message.type === 'close' && process.exit()))
    .catch(() => process.exit(1)); // the runner is gone
});
process.once('disconnect', () => process.exit());
