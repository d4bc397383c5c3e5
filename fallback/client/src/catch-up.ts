import { NetworkError } from './errors.js';
import type { Api } from './http.js';
import type { Sequence } from './sequence.js';
import type { FairleadEvent, WireEvent } from './types.js';

// What another node has committed this moment may not be known yet to the one that is asked.
const waitSeconds = 1;

/** The cursor is of no use any more. The message is the server's reason. */
export class ResetError extends Error {
  override readonly name = 'ResetError';
}

/** Whether there are events after `cursor`. Throws what a request throws. */
export async function isBehind(api: Api, cursor: string, rooms: readonly string[] | undefined): Promise<boolean> {
  return (await eventsAfter(api, cursor, rooms, { timeout: 0, limit: 1 })).events.length > 0;
}

async function eventsAfter(
  api: Api,
  cursor: string,
  rooms: readonly string[] | undefined,
  how: { timeout: number; limit: number },
): Promise<{ cursor: string; events: WireEvent[] }> {
  const body = { ...how, cursor, events: 'durable', ...(rooms ? { rooms: rooms.join(',') } : {}) };
  const answer = await api.request<{ cursor: string; events: WireEvent[] } | undefined>('POST', '/rt/v1/poll', { body });
  if (typeof answer?.cursor === 'string' && Array.isArray(answer.events)) return answer;
  throw new NetworkError('somebody else answered');
}

/**
 * Hands out every durable event between the sequence's cursor and the end of the log, by short polls of no
 * session, each of at most `limit`. Throws ResetError, or what a request throws. Ends early, without a word, once `isOver`.
 */
export async function catchUp(
  api: Api,
  sequence: Sequence,
  rooms: readonly string[] | undefined,
  limit: number,
  onEvent: (event: FairleadEvent) => void,
  isOver: () => boolean,
): Promise<void> {
  for (;;) {
    if (sequence.cursor === undefined) return;
    const answer = await eventsAfter(api, sequence.cursor, rooms, { timeout: waitSeconds, limit });
    if (isOver()) return;
    const place = sequence.place();
    for (const event of answer.events) {
      if (event['resume'] === 'reset') throw new ResetError(String(event['reason']));
      if (event.cursor === undefined || sequence.judge(place, event.cursor) !== 'next') continue;
      onEvent(event as unknown as FairleadEvent);
      sequence.passed(place, event.cursor);
      if (isOver()) return;
    }
    sequence.moved(place, answer.cursor);
    if (answer.events.length < limit) return;
  }
}
