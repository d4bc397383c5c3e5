// The wire, as docs/PROTOCOL.md describes it. Fields that are not named here may come, too.

/** The ways to the server, best first. */
export type TransportId = 'websocket' | 'sse' | 'poll';

export interface User {
  id: string;
  name: string;
  display_name: string;
  created_at?: string;
}

export interface Message {
  id: string;
  room_id: string;
  /** Gapless per room. */
  seq: number;
  author: User;
  /** Absent from a message that was deleted. */
  text?: string;
  nonce?: string;
  reply_to?: string;
  mentions?: string[];
  reactions?: { emoji: string; count: number; me: boolean }[];
  metadata?: unknown;
  created_at: string;
  edited_at?: string;
  deleted_at?: string;
}

export interface Room {
  id: string;
  name: string;
  topic?: string;
  visibility: 'public' | 'private';
  kind: 'room' | 'direct';
  created_at: string;
  role?: string;
  last_message?: Message | null;
  unread_count?: number;
  last_read_message_id?: string | null;
  members_count?: number;
}

/** One consistent picture; events from `cursor` on follow it without gap or overlap. */
export interface Snapshot {
  cursor: string;
  user: User;
  rooms: Room[];
  has_more?: boolean;
  presence?: unknown;
}

/** What happened. `cursor` is there if it is durable; typing and presence have none and come at most once. */
export interface FairleadEvent<Data = Record<string, unknown>> {
  type: string;
  cursor?: string;
  room_id?: string;
  time?: string;
  data: Data;
}

/** What the data of each type of event is; other types have an object. */
export interface EventData {
  'message.created': Message;
  'message.updated': Message;
  'message.deleted': Message;
  'reaction.added': { message_id: string; user: User; user_id: string; emoji: string; count: number };
  'reaction.removed': { message_id: string; user: User; user_id: string; emoji: string; count: number };
  'room.created': Room;
  'room.updated': Room;
  'room.deleted': Record<string, unknown>;
  'member.joined': { member: User & { role?: string }; room?: Room };
  'member.updated': { member: User & { role?: string } };
  'member.left': { user: User; user_id: string; reason: 'left' | 'removed'; by?: string };
  'read.updated': { user_id: string; message_id: string; seq: number };
  typing: { user_id: string; name: string };
  presence: Record<string, unknown>;
}

/** What the server has learned of a network from others in it; each field may be absent. */
export interface Advice {
  transport?: TransportId;
  heartbeat_seconds?: number;
  max_life_seconds?: number;
  padding?: number;
}

/** The first event of every connection. */
export interface Hello {
  type: 'hello';
  session: string;
  cursor: string;
  transport: TransportId;
  resume: 'fresh' | 'resumed' | 'reset';
  reason?: string;
  heartbeat_seconds: number;
  probe: string;
  node?: string;
  user?: User;
  network?: { key?: string; advice?: Advice };
}

/** What the server says before it ends a connection in good order. */
export interface Bye {
  type: 'bye';
  code: string;
  reason?: string;
  reconnect_in_ms?: number;
  resume?: boolean;
}

/** The answer of the control, GET /rt/v1/hello. */
export interface ControlAnswer {
  network?: { key?: string; advice?: Advice };
  headers?: string[];
  http_version?: string;
  transports?: string[];
}

/** RFC 9457. */
export interface Problem {
  title?: string;
  status?: number;
  code?: string;
  detail?: string;
  request_id?: string;
  fields?: Record<string, string>;
  /** The server's own `Retry-After`. */
  retry_after_s?: number;
}

/** A line of the stream before it is known what it is. */
export type WireEvent = { type: string; cursor?: string; [field: string]: unknown };
