#include "store/sqlite/rows.h"

#include <charconv>

#include "protocol/cursor.h"

namespace fairlead::store::sqlite {
namespace {

std::vector<UserId> mentions_of(const std::string& text) {
  std::vector<UserId> mentions;
  const char* const end = text.data() + text.size();
  for (const char* p = text.data(); p < end; ++p) {
    std::int64_t id = 0;
    const auto [stop, error] = std::from_chars(p, end, id);
    if (error != std::errc{}) break;
    mentions.push_back(UserId(id));
    p = stop;
  }
  return mentions;
}

}  // namespace

EventPtr event_of(const Rows& rows, const std::string& epoch) {
  auto event = std::make_shared<Event>();
  event->position = rows.id<LogPosition>(0);
  const auto stream = rows.integer(1);
  if (stream < 0) event->only_for = UserId(-stream);
  event->room = rows.id<RoomId>(2);
  event->kind = rows.as<EventKind>(3);
  event->subject = rows.id<UserId>(4);
  event->time_ms = rows.integer(5);
  event->json = rows.text(6);
  event->cursor = protocol::encode_cursor(epoch, event->position);
  return event;
}

User user_of(const Rows& rows, int first) {
  return {rows.id<UserId>(first), rows.text(first + 1), rows.text(first + 2),
          rows.integer(first + 3)};
}

Room room_of(const Rows& rows) {
  return {rows.id<RoomId>(0),     rows.text(1),         rows.text(2),
          rows.as<Visibility>(3), rows.as<RoomKind>(4), rows.integer(5),
          rows.integer(6),        rows.integer(7),      rows.integer(8)};
}

Message message_of(const Rows& rows) {
  Message message;
  message.author = user_of(rows);
  message.id = rows.id<MessageId>(4);
  message.room = rows.id<RoomId>(5);
  message.seq = rows.integer(6);
  message.created_at_ms = rows.integer(7);
  message.edited_at_ms = rows.integer(8);
  message.deleted_at_ms = rows.integer(9);
  message.reply_to = rows.id<MessageId>(10);
  message.nonce = rows.text(11);
  message.mentions = mentions_of(rows.text(12));
  message.metadata = rows.text(13);
  message.text = rows.text(14);
  return message;
}

std::string mentions_text(const std::vector<UserId>& mentions) {
  std::string text;
  for (const auto user : mentions) {
    if (!text.empty()) text += ' ';
    text += std::to_string(user.value());
  }
  return text;
}

}  // namespace fairlead::store::sqlite
