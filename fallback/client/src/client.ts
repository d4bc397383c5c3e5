import { allTransports, assemble, type Assembly } from './assemble.js';
import { Emitter, Queue } from './emitter.js';
import { EndedError, type ProblemError } from './errors.js';
import { path, type RequestOptions } from './http.js';
import { followPage } from './lifecycle.js';
import type { ClientOptions } from './options.js';
import { Outbox, type OutboxItem } from './outbox.js';
import { RoomHandle } from './room.js';
import type { Status } from './status.js';
import type { EventData, FairleadEvent, Hello, Message, Room, Snapshot, TransportId } from './types.js';

/** What `client.on` can listen for, beside each type of event by its own name. */
export interface ClientEvents {
  /** Every event, of whatever type: durable ones in the one order, each once. */
  event: FairleadEvent;
  /** How the client stands has changed. */
  status: Status;
  /** A connection was greeted by the server. */
  hello: Hello;
  /**
   * The cursor is older than what the server keeps, or not one of its own. Forget what you have and call
   * `client.sync()`. If nobody listens, the client does that by itself.
   */
  reset: { reason: string };
  /** The messages on their way have changed. */
  outbox: readonly OutboxItem[];
  /** A message of the outbox is kept by the server now; also one that an earlier page had left there. */
  sent: Message;
  /** The client has ended for good. */
  ended: EndedError;
}

type Listened = ClientEvents & { [Type in keyof EventData]: FairleadEvent<EventData[Type]> };

/** A client of one Fairlead server, for one user. Starts with `start()`. */
export class FairleadClient {
  readonly #parts: Assembly;
  readonly #outbox: Outbox;
  readonly #emitter = new Emitter<Listened>();
  readonly #queues = new Set<Queue<FairleadEvent>>();
  readonly #leavePage: () => void;
  #ended: EndedError | undefined;
  #started = false;
  #live = false;
  #at: string | undefined; // of a sync() before the start
  #user: string | undefined; // whose events these are, once it is known

  constructor(options: ClientOptions) {
    this.#parts = assemble(
      options,
      {
        onEvent: (event) => this.#receive(event),
        onStatus: (status) => this.#changed(status),
        onHello: (hello) => {
          this.#user = hello.user?.id;
          this.#emitter.emit('hello', hello);
        },
        onReset: (reason) => this.#reset(reason),
        onEnded: (code) => this.#end(new EndedError(code)),
      },
      () => this.#outbox.adopt(),
    );
    const { stream, clock, page } = this.#parts;
    this.#outbox = new Outbox({
      ...this.#parts,
      send: (item) => this.#send(item),
      onTaken: ({ nonce, room_id }) => {
        if (options.rooms?.includes(room_id) ?? true) stream.expect(nonce);
      },
      onSent: (message) => this.#emitter.emit('sent', message),
      onChange: (items) => this.#emitter.emit('outbox', items),
    });
    this.#leavePage = page ? followPage(page, stream, clock) : () => {};
  }

  /** How the client stands now. */
  get status(): Status {
    return this.#ended ? { state: 'ended' } : this.#parts.stream.status;
  }

  /**
   * Where the stream stands: all durable events up to here have been handed out. To go on after a restart
   * of your program, keep the cursor of the last event that you have dealt with, which may be an earlier one.
   */
  get cursor(): string | undefined {
    return this.#parts.stream.cursor;
  }

  /** Messages on their way, oldest first; also those that were refused, until they are discarded. */
  get outbox(): readonly OutboxItem[] {
    return this.#outbox.items;
  }

  /**
   * Begins the stream: from `cursor`, else from where `sync()` or an earlier start left it, else from now.
   * Returns at once. Throws EndedError after the end.
   */
  start(cursor?: string): this {
    if (this.#ended) throw this.#ended;
    this.#started = true;
    this.#parts.stream.start(cursor ?? this.#at ?? this.cursor);
    this.#at = undefined;
    this.#outbox.adopt();
    return this;
  }

  /** Ends the stream for now; `start()` goes on where it stood. */
  stop(): void {
    this.#started = false;
    this.#outbox.stop();
    this.#parts.stream.stop();
  }

  /** Ends the client for good. What was not sent stays in the store. */
  close(): void {
    if (this.#ended) return;
    this.stop();
    this.#end(new EndedError('closed'));
  }

  /** Resolves when events come; at once if they do. Rejects with EndedError. */
  ready(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#ended) reject(this.#ended);
      else if (this.status.state === 'live') resolve();
      else {
        const off = [
          this.on('status', ({ state }) => state === 'live' && settle(resolve)),
          this.on('ended', (error) => settle(() => reject(error))),
        ];
        const settle = (how: () => void) => {
          for (const stop of off) stop();
          how();
        };
      }
    });
  }

  /**
   * One consistent picture: the user, the rooms, their last messages. The stream goes on from its cursor,
   * without gap or overlap; if it was not started yet, `start()` will begin there. Rejects with ProblemError
   * or NetworkError.
   */
  async sync(): Promise<Snapshot> {
    const snapshot = await this.#parts.api.request<Snapshot>('GET', '/api/v1/sync');
    for (let page = snapshot; page.has_more && page.rooms.length > 0; ) {
      const after = page.rooms[page.rooms.length - 1]!.id;
      page = await this.#parts.api.request<Snapshot>('GET', `/api/v1/sync?after=${after}`);
      snapshot.rooms.push(...page.rooms);
    }
    snapshot.has_more = false;
    this.#user = snapshot.user.id;
    if (this.#started && !this.#ended) this.#parts.stream.start(snapshot.cursor);
    else this.#at = snapshot.cursor;
    return snapshot;
  }

  /** Listens: to a type of event, as 'message.created', or to what ClientEvents names. Returns how to stop. */
  on<Name extends keyof Listened>(name: Name, listener: (value: Listened[Name]) => void): () => void {
    return this.#emitter.on(name, listener);
  }

  /**
   * Events from now on, for `for await`. Ends when the client is closed; throws EndedError if the server ends
   * it, FellBehindError when 10,000 wait.
   */
  events(): AsyncIterableIterator<FairleadEvent> {
    const queue: Queue<FairleadEvent> = new Queue(() => this.#queues.delete(queue));
    this.#queues.add(queue);
    if (this.#ended) queue.end(this.#ended.code === 'closed' ? undefined : this.#ended);
    return queue;
  }

  /** What one can do in a room. Makes no request. */
  room(id: string): RoomHandle {
    return new RoomHandle(this, id);
  }

  /** Creates a room. Rejects with ProblemError or NetworkError. */
  createRoom(room: { name: string; visibility?: 'public' | 'private'; topic?: string }): Promise<Room> {
    return this.request('POST', '/api/v1/rooms', { visibility: 'public', ...room });
  }

  /** The one direct room with that user. Rejects with ProblemError or NetworkError. */
  async direct(userId: string): Promise<RoomHandle> {
    const { id } = await this.request<Room>('POST', path`/api/v1/direct/${userId}`);
    return this.room(id);
  }

  /** Any other request of docs/openapi.yaml. Rejects with ProblemError or NetworkError. */
  request<T>(method: string, pathAndQuery: string, body?: unknown): Promise<T> {
    const options: RequestOptions = body === undefined ? {} : { body };
    return this.#parts.api.request<T>(method, pathAndQuery, options);
  }

  /** Queues a message; `room(id).send()` reads better. */
  queue(message: Parameters<Outbox['send']>[0]): Promise<Message> {
    return this.#ended ? Promise.reject(this.#ended) : this.#outbox.send(message);
  }

  /** Tries a message that was refused once more. */
  retry(nonce: string): void {
    this.#outbox.retry(nonce);
  }

  /** Forgets a message that was not sent. */
  discard(nonce: string): void {
    this.#outbox.discard(nonce);
  }

  /** A fresh token of the same user, before the old one expires. An open connection goes on with it. */
  async setToken(token: string): Promise<void> {
    const { api, stream } = this.#parts;
    api.token = token;
    // Over SSE and poll the next request brings it.
    await stream.commands?.command?.({ op: 'auth', token });
  }

  /**
   * What may be used from now on, best first; absent: all. What is open over another one is ended, and events go
   * on from the cursor; nothing is lost. While a single one has not shown that it works, a poll still stands in.
   * Tabs that share a connection have the transports of the one that leads: tell all. Throws TypeError for none.
   */
  setTransports(transports: readonly TransportId[] = allTransports): void {
    const { stream, possible } = this.#parts;
    stream.allow(possible(transports));
  }

  /** One round trip over what is in use now, in milliseconds. Rejects with ProblemError or NetworkError. */
  async ping(): Promise<number> {
    const { api, clock, stream, timing } = this.#parts;
    const sentAt = clock.now();
    await (stream.commands?.command?.({ op: 'ping' }) ?? api.control(timing.controlMs));
    return clock.now() - sentAt;
  }

  // ---- what the stream says

  #receive(event: FairleadEvent): void {
    this.#emitter.emit('event', event);
    this.#emitter.emit(event.type as 'message.created', event as never);
    for (const queue of [...this.#queues]) queue.push(event);
    // Its slow mode is over, perhaps, or this user a moderator.
    if (/^(room|member)\.updated$/.test(event.type)) this.#outbox.wake(event.room_id!);
    if (event.type !== 'message.created') return;
    const message = event.data as unknown as Message;
    // Another user's message with the same nonce is not the one that waits here.
    if (message.author?.id === (this.#user ?? message.author?.id)) this.#outbox.confirm(message);
  }

  #changed(status: Status): void {
    this.#emitter.emit('status', status);
    const was = this.#live;
    this.#live = status.state === 'live';
    if (this.#live && !was && this.#started) this.#outbox.flush();
  }

  #reset(reason: string): void {
    if (this.#emitter.has('reset')) this.#emitter.emit('reset', { reason });
    else void this.#resync();
  }

  async #resync(): Promise<void> {
    const { clock } = this.#parts;
    try {
      await this.sync();
    } catch (error) {
      if ((error as ProblemError).status === 401 && (error as ProblemError).code) this.#end(new EndedError('unauthorized'));
      else clock.setTimeout(() => this.status.state === 'reset' && void this.#resync(), 5_000 * Math.random());
    }
  }

  /** Over the WebSocket if there is one, else by REST; by whichever, the nonce makes it one message. */
  async #send(item: OutboxItem): Promise<Message> {
    const { nonce, room_id, text, reply_to, metadata } = item;
    const more = { ...(reply_to ? { reply_to } : {}), ...(metadata === undefined ? {} : { metadata }) };
    const { commands } = this.#parts.stream;
    if (commands?.command) {
      return (await commands.command({ op: 'send', room_id, text, nonce, ...more })) as Message;
    }
    return this.request('POST', path`/api/v1/rooms/${room_id}/messages`, { text, nonce, ...more });
  }

  #end(error: EndedError): void {
    if (this.#ended) return;
    this.#ended = error;
    this.#started = false;
    this.#leavePage();
    this.#parts.stream.stop();
    this.#outbox.stop(error);
    for (const queue of [...this.#queues]) queue.end(error.code === 'closed' ? undefined : error);
    this.#emitter.emit('ended', error);
  }
}
