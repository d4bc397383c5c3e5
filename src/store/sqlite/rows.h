#pragma once

#include "protocol/model.h"
#include "store/event.h"
#include "store/sqlite/statement.h"

// How rows become the model's structures. The column lists below and these functions go together.
namespace fairlead::store::sqlite {

#define FAIRLEAD_EVENT_COLUMNS " id, stream, room, kind, subject, time_ms, body "
#define FAIRLEAD_USER_COLUMNS " u.id, u.name, u.display_name, u.created_at_ms "
#define FAIRLEAD_ROOM_COLUMNS                                                                    \
  " r.id, r.name, r.topic, r.visibility, r.kind, r.created_at_ms, r.last_seq, r.members_count, " \
  "r.slow_mode_s "
#define FAIRLEAD_MESSAGE_COLUMNS                                                                   \
  FAIRLEAD_USER_COLUMNS                                                                            \
  ", m.id, m.room, m.seq, m.created_at_ms, m.edited_at_ms, m.deleted_at_ms, m.reply_to, m.nonce, " \
  "m.mentions, m.metadata, m.text "

EventPtr event_of(const Rows& rows, const std::string& epoch);
User user_of(const Rows& rows, int first = 0);
Room room_of(const Rows& rows);
Message message_of(const Rows& rows);  // without its reactions

std::string mentions_text(const std::vector<UserId>& mentions);

}  // namespace fairlead::store::sqlite
