// What of a room is unread, and where the line "new messages" stands. Each room of the store has
// unread, mentions: how many; readId: the last message read ('' if none); line: the new ones begin {from} this message or
// {after} that one, null while there is no line. Message ids sort by creation. Pure.

/** For a room of GET /sync. */
export const unreadOf = (room) => ({
  unread: room.unread_count ?? 0,
  mentions: room.mention_count ?? 0,
  readId: room.last_read_message_id ?? '',
  line: null,
});

/** A message of somebody else has come. `seen`: before the reader's eyes. */
export function count(room, message, me, { seen }) {
  if (seen) {
    room.readId = message.id;
    return;
  }
  if (room.unread === 0) room.line = { from: message.id };
  room.unread += 1;
  if (message.mentions?.includes(me)) room.mentions += 1;
}

/** A message is deleted that may have counted. */
export function uncount(room, message, me, before) {
  const counted = message.id > room.readId && message.author.id !== me && !before?.deleted_at;
  if (!counted) return;
  room.unread = Math.max(0, room.unread - 1);
  if (before?.mentions?.includes(me)) room.mentions = Math.max(0, room.mentions - 1);
}

/** The room is opened: the line stands where reading had stopped. */
export function open(room) {
  if (room.unread > 0) room.line ??= { after: room.readId };
}

/** The room is left, or something was said in it: what was new is known now. */
export function settle(room) {
  room.line = null;
}

/** Everything up to a message has been read; here or on another device. True if something of it was unread. */
export function read(room, messageId, seq) {
  const had = room.unread > 0;
  if (messageId > room.readId) room.readId = messageId;
  const left = Math.max(0, (room.last_message?.seq ?? 0) - seq);
  room.unread = Math.min(room.unread, left);
  room.mentions = Math.min(room.mentions, room.unread);
  return had;
}

/** Of all rooms: {unread, forMe}, the latter what speaks to this person alone: mentions, direct messages. */
export function totals(rooms) {
  let unread = 0;
  let forMe = 0;
  for (const room of rooms) {
    unread += room.unread;
    forMe += room.kind === 'direct' ? room.unread : room.mentions;
  }
  return { unread, forMe };
}

/** Whether a message is below the line; false without one. */
export function isBelow({ id }, line) {
  if (!line) return false;
  return line.from ? id >= line.from : id > line.after;
}
