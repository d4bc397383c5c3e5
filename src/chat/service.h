#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "chat/accounts.h"
#include "chat/headcounts.h"
#include "chat/members.h"
#include "chat/messages.h"
#include "chat/rate_limit.h"
#include "chat/rooms.h"
#include "chat/snapshot.h"
#include "core/clock.h"
#include "core/result.h"
#include "hub/hub.h"
#include "log/control.h"
#include "log/readers.h"
#include "log/writer.h"
#include "presence/presence.h"
#include "protocol/json.h"
#include "search/searcher.h"

namespace fairlead::chat {

struct Settings {
  Rate sends{5, std::chrono::seconds(5),
             10};  // per user and room, on this node; count 0: unlimited
  Rate searches{100, std::chrono::seconds(5), 100};  // per user, on this node
  // Members of larger rooms are told counts alone (else each change would cost a delivery to each
  // of them); GET …/presence tells all the same.
  std::int64_t presence_members_max = 256;
};

// The answer comes once, on the writer's, a reader's or the presence map's thread (a refusal may
// come on the calling one): it must only hand the answer on.
template <typename T>
using Done = std::function<void(Result<T>)>;

// Of how many members GET /rooms/{r}/presence tells.
inline constexpr std::size_t kRoomPresenceMax = 1000;

// What somebody looks for.
struct Search {
  std::vector<store::SearchIndex::Term> terms;
  std::optional<RoomId> room;  // absent: in all of the caller's rooms
  std::size_t limit = 20;
};
using PresenceStates = std::map<UserId, presence::State>;

// The chat as the transports and the REST handlers use it: each operation checks who may do it,
// runs in the writer's transaction or on a reader's snapshot, and answers through `done`. The rules
// themselves are pure functions beside this (rooms.h, messages.h, …); here is only the way to the
// threads. Knows no HTTP and no passwords.
//
// Any thread may call; nothing blocks. Owns no thread. What it is given must outlive it, and it
// must outlive every callback: construct it after the parts and before `Writer::start`,
// `Readers::start` and `presence::Map::start` (it registers itself as the map's listener); destroy
// it after all three have been stopped.
class Service {
 public:
  struct Parts {
    log::Writer& writer;
    log::Readers& readers;
    hub::Hub& hub;
    presence::Map& presence;
    const Clock& clock;
    std::string epoch;                     // of the log (store::Store::epoch): for /sync's cursor
    search::Searcher* searcher = nullptr;  // none: search is `not_implemented`
  };
  explicit Service(Parts parts, Settings settings = {});
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  // --- accounts. Passwords are hashed and tokens made elsewhere (api/).
  void find_login(std::string name, Done<Login> done);
  void register_user(std::string name, std::string display_name, std::string password_hash,
                     Done<User> done);  // name_taken
  // Found or made (external_user() in accounts.h).
  void external_user(ExternalUser external, Done<UserId> done);
  void user(UserId id, Done<User> done);  // not_found
  void find_users(std::string prefix, std::size_t limit, Done<std::vector<User>> done);
  void set_display_name(UserId caller, std::string display_name, Done<User> done);
  // In the store, and through the log to all nodes (log::TokenEnded). This node's auth::Tokens and
  // hub are the caller's to tell, when it is committed.
  void revoke_token(std::string token_id, std::int64_t expires_at_ms, Done<void> done);
  // To be obeyed by all nodes, this one included, from the commit on (log/control.h).
  void tell_nodes(log::Control control, Done<void> done);
  // False: was redeemed before (on any node).
  void redeem_ticket(std::string ticket_id, std::int64_t expires_at_ms, Done<bool> done);

  // --- rooms
  void rooms(UserId caller, Done<std::vector<SeenRoom>> done);  // own and public ones
  void room(UserId caller, RoomId room, Done<SeenRoom> done);
  void create_room(UserId caller, NewRoom room, Done<SeenRoom> done);
  void update_room(UserId caller, RoomId room, RoomChanges changes, Done<SeenRoom> done);
  void delete_room(UserId caller, RoomId room, Done<void> done);
  void join(UserId caller, RoomId room, Done<SeenRoom> done);
  void leave(UserId caller, RoomId room, Done<void> done);
  void direct(UserId caller, UserId other, Done<DirectRoom> done);
  void members(UserId caller, RoomId room, std::size_t limit, Done<std::vector<Member>> done);
  void set_role(UserId caller, RoomId room, UserId member, Role role, Done<RoleChange> done);
  void remove_member(UserId caller, RoomId room, UserId member, Done<void> done);
  void mute(UserId caller, RoomId room, UserId member, std::int64_t seconds, Done<Member> done);
  void unmute(UserId caller, RoomId room, UserId member, Done<void> done);

  // --- messages
  void send(SendRequest request, Done<SendOutcome> done);
  void message(UserId caller, RoomId room, MessageId message, Done<Message> done);
  void history(UserId caller, RoomId room, store::HistoryQuery query, Done<store::History> done);
  void edit(UserId caller, RoomId room, MessageId message, std::string text, Done<Message> done);
  void delete_message(UserId caller, RoomId room, MessageId message, Done<Deletion> done);
  void react(UserId caller, RoomId room, MessageId message, std::string emoji, Done<void> done);
  void unreact(UserId caller, RoomId room, MessageId message, std::string emoji, Done<void> done);
  // Unread mentions and direct messages, newest first.
  void inbox(UserId caller, MessageId before, std::size_t limit, Done<store::History> done);
  // Errors: not_found, not_a_member (of `room`), rate_limited, overloaded.
  void search(UserId caller, Search search, Done<search::Findings> done);
  void mark_read(UserId caller, RoomId room, MessageId message, Done<void> done);

  // --- what is not in the log
  void typing(UserId caller, RoomId room, Done<void> done);
  void room_presence(UserId caller, RoomId room, Done<PresenceStates> done);
  void set_away(UserId caller, bool away, Done<void> done);
  void presence(std::vector<UserId> users, Done<PresenceStates> done);  // those that exist
  // The JSON of PROTOCOL section 4, GET /sync.
  void sync(UserId caller, const SyncPage& page, Done<std::string> done);

 private:
  struct SendKey {
    UserId user;
    RoomId room;
    bool operator==(const SendKey&) const = default;
  };
  struct SendKeyHash {
    std::size_t operator()(const SendKey& key) const noexcept {
      return std::hash<UserId>{}(key.user) ^ (std::hash<RoomId>{}(key.room) << 1);
    }
  };

  template <typename T>
  void write(std::function<Result<T>(store::Transaction&, std::int64_t now_ms)> work, Done<T> done);
  template <typename T>
  void read(std::function<Result<T>(store::View&)> work, Done<T> done);
  void query_presence(Result<std::vector<UserId>> users, Done<PresenceStates> done);
  void push_presence(presence::Changes changes);
  void push_counts();
  void push_count(RoomId room);

  const Parts parts_;
  const Settings settings_;
  RateLimiter<SendKey, SendKeyHash> sends_;
  RateLimiter<SendKey, SendKeyHash> typings_;
  RateLimiter<UserId> searches_;
  Headcounts headcounts_;
};

}  // namespace fairlead::chat
