#include <algorithm>
#include <limits>

#include "store/sqlite/reads.h"
#include "store/sqlite/rows.h"

namespace fairlead::store::sqlite {
namespace {

constexpr MessageId kNewest(std::numeric_limits<std::int64_t>::max());

std::vector<Message> all(Rows& rows) {
  std::vector<Message> messages;
  while (rows.next()) messages.push_back(message_of(rows));
  return messages;
}

}  // namespace

void Reads::add_reactions(Message& message, UserId viewer) {
  auto rows = db_.query(
      "SELECT emoji, count(*), max(user = ?) FROM reactions WHERE message = ? "
      "GROUP BY emoji ORDER BY min(added), emoji",
      viewer, message.id);
  while (rows.next())
    message.reactions.push_back({rows.text(0), rows.integer(1), rows.integer(2) != 0});
}

std::optional<Message> Reads::message(RoomId room, MessageId id, UserId viewer) {
  std::optional<Message> message;
  {
    auto rows =
        db_.query("SELECT" FAIRLEAD_MESSAGE_COLUMNS
                  "FROM messages m JOIN users u ON u.id = m.author WHERE m.id = ? AND m.room = ?",
                  id, room);
    if (rows.next()) message = message_of(rows);
  }
  if (message) add_reactions(*message, viewer);
  return message;
}

std::optional<View::Pace> Reads::pace(RoomId room, UserId author) {
  auto rows = db_.query(
      "SELECT slow_mode_s, (SELECT created_at_ms FROM messages WHERE room = ?1 AND author = ?2 "
      "ORDER BY id DESC LIMIT 1) FROM rooms WHERE id = ?1 AND slow_mode_s > 0",
      room, author);
  if (!rows.next()) return std::nullopt;
  return View::Pace{rows.integer(0), rows.integer(1)};
}

std::optional<Message> Reads::last_message(RoomId room, UserId viewer) {
  auto newest = older(room, kNewest, 1);
  if (newest.empty()) return std::nullopt;
  add_reactions(newest.front(), viewer);
  return std::move(newest.front());
}

std::vector<Message> Reads::older(RoomId room, MessageId before, std::size_t limit) {
  auto rows = db_.query("SELECT" FAIRLEAD_MESSAGE_COLUMNS
                        "FROM messages m JOIN users u ON u.id = m.author "
                        "WHERE m.room = ? AND m.id < ? ORDER BY m.id DESC LIMIT ?",
                        room, before, limit);
  return all(rows);
}

std::vector<Message> Reads::newer(RoomId room, MessageId after, std::size_t limit) {
  auto rows = db_.query("SELECT" FAIRLEAD_MESSAGE_COLUMNS
                        "FROM messages m JOIN users u ON u.id = m.author "
                        "WHERE m.room = ? AND m.id > ? ORDER BY m.id LIMIT ?",
                        room, after, limit);
  return all(rows);
}

History Reads::history(RoomId room, const HistoryQuery& query, UserId viewer) {
  History history;
  const auto limit = query.limit;
  auto& messages = history.messages;
  if (query.after) {
    messages = newer(room, query.after, limit + 1);
    history.has_more = messages.size() > limit;
    if (history.has_more) messages.pop_back();
  } else {
    std::vector<Message> later;  // of `around`: it, and what follows
    std::size_t room_for_older = limit;
    auto before = query.before ? query.before : kNewest;
    if (query.around) {
      before = query.around;
      later = newer(room, MessageId(query.around.value() - 1), limit);
    }
    messages = older(room, before, limit + 1);
    if (query.around) {
      // Half of the page each, but what one side has not got is given to the other.
      const auto half = (limit + 1) / 2;
      const auto free = limit - std::min(limit, messages.size());
      later.resize(std::min(later.size(), std::max(half, free)));
      room_for_older = limit - later.size();
    }
    history.has_more = messages.size() > room_for_older;
    if (history.has_more) messages.resize(room_for_older);
    std::reverse(messages.begin(), messages.end());
    std::move(later.begin(), later.end(), std::back_inserter(messages));
  }
  for (auto& message : messages) add_reactions(message, viewer);
  return history;
}

History Reads::inbox(UserId user, MessageId before, std::size_t limit) {
  std::vector<std::pair<RoomId, MessageId>> places;
  {
    // A message's id is a log position, as `since` is.
    auto rows = db_.query(
        "SELECT x.room, x.message FROM mentions x "
        "JOIN members p ON p.room = x.room AND p.user = x.user "
        "LEFT JOIN reads d ON d.room = p.room AND d.user = p.user "
        "WHERE x.user = ?1 AND x.message < ?2 AND x.message > max(p.since, ifnull(d.message, 0)) "
        "UNION "
        "SELECT m.room, m.id FROM members p JOIN rooms r ON r.id = p.room AND r.kind = ?3 "
        "LEFT JOIN reads d ON d.room = p.room AND d.user = p.user "
        "JOIN messages m ON m.room = p.room AND m.id > max(p.since, ifnull(d.message, 0)) "
        "WHERE p.user = ?1 AND m.id < ?2 AND m.author <> ?1 AND m.deleted_at_ms = 0 "
        "ORDER BY 2 DESC LIMIT ?4",
        user, before ? before : kNewest, RoomKind::kDirect, limit + 1);
    while (rows.next()) places.emplace_back(rows.id<RoomId>(0), rows.id<MessageId>(1));
  }
  History inbox;
  inbox.has_more = places.size() > limit;
  if (inbox.has_more) places.pop_back();
  for (const auto& [room, id] : places) {
    if (auto found = message(room, id, user)) inbox.messages.push_back(std::move(*found));
  }
  return inbox;
}

std::vector<Said> Reads::said(MessageId after, MessageId to, std::size_t limit) {
  // What is left of a deleted room does not count.
  auto rows = db_.query(
      "SELECT m.id, m.room, m.text FROM messages m JOIN rooms r ON r.id = m.room "
      "WHERE m.id > ? AND m.id <= ? AND m.deleted_at_ms = 0 ORDER BY m.id LIMIT ?",
      after, to, limit);
  std::vector<Said> all;
  while (rows.next()) all.push_back({rows.id<MessageId>(0), rows.id<RoomId>(1), rows.text(2)});
  return all;
}

std::optional<View::NonceUse> Reads::nonce_use(UserId author, std::string_view nonce) {
  if (nonce.empty()) return std::nullopt;
  std::optional<View::NonceUse> use;
  {
    // What is left of a deleted room does not count.
    auto rows = db_.query(
        "SELECT" FAIRLEAD_MESSAGE_COLUMNS
        ", m.fingerprint FROM messages m JOIN users u ON u.id = m.author "
        "JOIN rooms r ON r.id = m.room WHERE m.author = ? AND m.nonce = ? AND m.nonce <> ''",
        author, nonce);
    if (rows.next()) use = View::NonceUse{message_of(rows), rows.text(15)};
  }
  if (use) add_reactions(use->message, author);
  return use;
}

}  // namespace fairlead::store::sqlite
