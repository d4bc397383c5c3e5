import type { FairleadClient } from './client.js';
import { path } from './http.js';
import type { FairleadEvent, Message, Room, User } from './types.js';

/** What may go with a message. */
export interface SendOptions {
  /** The id of the message that this one answers. */
  replyTo?: string;
  metadata?: unknown;
  /** Makes it one message however often it is sent, also after a crash. Default: a random one. */
  nonce?: string;
}

/** Which messages: at most one of `before`, `after`, `around` (ids of messages); `limit` is 50, at most 200. */
export interface HistoryOptions {
  before?: string;
  after?: string;
  around?: string;
  limit?: number;
}

/**
 * What one can do in a room. All but `send`, `events` and `messages` are one request each, which rejects with
 * ProblemError if the server says no and with NetworkError if nothing comes.
 */
export class RoomHandle {
  readonly id: string;
  readonly #client: FairleadClient;

  /** Use `client.room(id)`. */
  constructor(client: FairleadClient, id: string) {
    this.#client = client;
    this.id = id;
  }

  /**
   * Sends a message; also offline, then when the server can be reached again. It arrives once, and after
   * those sent to this room before it. Resolves when the server has it for good. Rejects with ProblemError
   * if it is refused, with EndedError if the client ends before (in the store, the message outlives that).
   */
  send(text: string, options: SendOptions = {}): Promise<Message> {
    const { replyTo, metadata, nonce } = options;
    return this.#client.queue({
      ...{ room_id: this.id, text },
      ...(replyTo === undefined ? {} : { reply_to: replyTo }),
      ...(metadata === undefined ? {} : { metadata }),
      ...(nonce === undefined ? {} : { nonce }),
    });
  }

  /** Events of this room alone; see `client.events()`. */
  async *events(): AsyncGenerator<FairleadEvent> {
    for await (const event of this.#client.events()) if (event.room_id === this.id) yield event;
  }

  /** New messages of this room, from now on. */
  async *messages(): AsyncGenerator<Message> {
    for await (const event of this.events()) {
      if (event.type === 'message.created') yield event.data as unknown as Message;
    }
  }

  /** Messages of before, oldest first. */
  history(options: HistoryOptions = {}): Promise<{ messages: Message[]; has_more: boolean }> {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(options)) query.set(name, String(value));
    return this.#client.request('GET', `${path`/api/v1/rooms/${this.id}/messages`}?${query}`);
  }

  edit(messageId: string, text: string): Promise<Message> {
    return this.#client.request('PATCH', this.#message(messageId), { text });
  }

  delete(messageId: string): Promise<void> {
    return this.#client.request('DELETE', this.#message(messageId));
  }

  react(messageId: string, emoji: string): Promise<void> {
    return this.#client.request('PUT', this.#message(messageId) + path`/reactions/${emoji}`);
  }

  unreact(messageId: string, emoji: string): Promise<void> {
    return this.#client.request('DELETE', this.#message(messageId) + path`/reactions/${emoji}`);
  }

  /** Everything up to this message has been read. */
  read(messageId: string): Promise<void> {
    return this.#client.request('PUT', path`/api/v1/rooms/${this.id}/read`, { message_id: messageId });
  }

  /** The others are told, at most once in 3 s; call it as often as keys are pressed. */
  typing(): Promise<void> {
    return this.#client.request('POST', path`/api/v1/rooms/${this.id}/typing`);
  }

  join(): Promise<Room> {
    return this.#client.request('POST', path`/api/v1/rooms/${this.id}/join`);
  }

  leave(): Promise<void> {
    return this.#client.request('POST', path`/api/v1/rooms/${this.id}/leave`);
  }

  async members(): Promise<(User & { role?: string })[]> {
    const answer = await this.#client.request<{ members: (User & { role?: string })[] }>(
      'GET',
      path`/api/v1/rooms/${this.id}/members`,
    );
    return answer.members;
  }

  #message(messageId: string): string {
    return path`/api/v1/rooms/${this.id}/messages/${messageId}`;
  }
}
